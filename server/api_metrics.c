/* GET /metrics: for Prometheus, and whoever else watches. As /livez it reads no parameters and no Accept. */
#include "server/api.h"
#include "server/version.h"
#include "server/write_metrics.h"

/* Written also when nothing is left of the budget of answers: then, above all, somebody wants to see it. It is some 160
 * kB with a few models. But what is past the budget stays bounded: whoever asks a thousand times and reads nothing is
 * refused as others are. */
enum { SPARED_BYTES = 256 << 10, SPARED_IN_ALL = 16 << 20 };

bool api_metrics(const struct call *call, struct reply *reply, struct refusal *refusal) {
  const struct service *service = call->service;
  struct metrics_page page = {.metrics = service->metrics,
                              .version = WORDVEC_VERSION,
                              .commit = WORDVEC_BUILD,
                              .kernel = service->kernel->name,
                              .in_flight = atomic_load(&service->in_flight),
                              .waiting = scanner_waiting(service->scanner)};
  struct catalog_model *models;
  enum status status = catalog_models(service->catalog, &models, &page.model_count);
  if (status != STATUS_OK) {
    refusal_from_status(refusal, status, "Listing the models");
    return false;
  }
  page.models = models;
  catalog_swaps(service->catalog, page.swaps);
  scanner_tally(service->scanner, &page.passes);
  metrics_usage(service->metrics, &page.usage);
  if (atomic_load(&service->answers.used) <= service->answers.limit + SPARED_IN_ALL) reply->body.spared = SPARED_BYTES;
  status = write_metrics(&reply->body, &page);
  catalog_models_free(models, page.model_count);
  bool done = api_finish(reply, REPRESENTATION_JSON, status, refusal);
  reply->content_type = WRITE_METRICS_TYPE;
  return done;
}
