/* How the memory of requests is divided. */
#include "server/service.h"

void service_set_budgets(struct service *service) {
  const struct limits *limits = &service->limits;
  /* One long body must fit, however small the limits are; else it would be told to come again for ever. */
  size_t share = limits->parsing_bytes / 2;
  if (share < limits->matrix_body_bytes) share = limits->matrix_body_bytes;
  service->parsing.limit = limits->parsing_bytes;
  service->matrix_bodies.limit = share;
  service->matrix_bodies.within = &service->parsing;
  service->answers.limit = limits->answer_bytes;
}
