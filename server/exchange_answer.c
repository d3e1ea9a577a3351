/* What an exchange says: every answer's fields, and the one answer that libmicrohttpd does not take. */
#include <stdlib.h>
#include <string.h>

#include "server/cors.h"
#include "server/exchange_parts.h"
#include "store/clock.h"

const char *exchange_origins(const struct exchanges *all) {
  return all->scope.only & ROUTE_WATCH ? NULL : all->service->cors_origins;
}

/* What each of its answers tells. */
static struct respond_fields fields_of(const struct exchanges *all, struct exchange *exchange) {
  exchange->timing.total = (uint64_t)(clock_microseconds() - exchange->started);
  return (struct respond_fields){
      .request_id = exchange->request_id,
      .timing = exchange->timing,
      .close = exchange->closes || atomic_load(&all->service->draining),
      .allow_origin = exchange->allow_origin,
      .vary_origin = cors_varies(exchange_origins(all)),
  };
}

bool exchange_refuse(const struct exchanges *all, struct exchange *exchange, struct MHD_Connection *connection,
                     const struct refusal *refusal) {
  const struct respond_fields fields = fields_of(all, exchange);
  exchange->refused = refusal->reason;
  bool queued = respond_refusal(connection, refusal, exchange->dialect, &fields, &exchange->result);
  visit_sends(exchange->visit, exchange->result.bytes);
  return queued;
}

bool exchange_refuse_later(struct exchange *exchange, const struct refusal *refusal) {
  exchange->refusal = malloc(sizeof *exchange->refusal);
  if (!exchange->refusal) return false;
  *exchange->refusal = *refusal;
  bytes_release(&exchange->body);
  return true;
}

enum MHD_Result exchange_reply(const struct exchanges *all, struct exchange *exchange,
                               struct MHD_Connection *connection, struct reply *reply) {
  const struct respond_fields fields = fields_of(all, exchange);
  if (reply->stream) reply->stream->visit = exchange->visit;
  bool queued = respond_reply(connection, reply, &fields, &exchange->result);
  visit_sends(exchange->visit, exchange->result.bytes);
  return queued ? MHD_YES : MHD_NO;
}

enum MHD_Result exchange_preflight(const struct exchanges *all, struct exchange *exchange,
                                   struct MHD_Connection *connection) {
  const struct respond_fields fields = fields_of(all, exchange);
  bool queued = respond_preflight(connection, &fields, &exchange->result);
  visit_sends(exchange->visit, 0);
  return queued ? MHD_YES : MHD_NO;
}

bool exchange_refuse_bluntly(struct exchange *exchange, struct MHD_Connection *connection,
                             const struct refusal *refusal) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const struct respond_fields fields = fields_of(exchange->all, exchange);
  const struct respond_blunt how = {exchange->dialect, strcmp(exchange->method, "HEAD") == 0, &fields};
  exchange->refused = refusal->reason;
  exchange->lingers = true;
  return info && respond_bluntly(info->connect_fd, refusal, &how, &exchange->result);
}
