/* Lists what a daemon with these options needs once it has started. */
#include "server/confine.h"

#include "server/sandbox.h"

/* What the stores, the keys and the addresses make necessary. */
static enum status allow_needs(struct sandbox *sandbox, const struct options *options, bool inherited,
                               struct problem *problem) {
  const struct serve_flags *serve = &options->serve;
  enum status status = sandbox_allow_store(sandbox, options->store, problem);
  if (status == STATUS_OK && serve->fallback_store)
    status = sandbox_allow_store(sandbox, serve->fallback_store, problem);
  if (status == STATUS_OK && options->api_key_file)
    status = sandbox_allow_reading(sandbox, options->api_key_file, problem);
  if (status == STATUS_OK) status = sandbox_allow_folder(sandbox, "/proc/self", problem); /* for /metrics, and LMDB */
  if (status == STATUS_OK && !inherited)
    status = sandbox_allow_listening(sandbox, (uint16_t)address_port(&serve->address), problem);
  if (status == STATUS_OK && serve->metrics_address.length > 0)
    status = sandbox_allow_listening(sandbox, (uint16_t)address_port(&serve->metrics_address), problem);
  if (serve->notify_socket && serve->notify_socket[0] == '@') sandbox_allow_abstract_sockets(sandbox);
  return status;
}

static enum status enter(struct sandbox *sandbox, const struct options *options, bool inherited,
                         struct problem *problem) {
  enum status status = allow_needs(sandbox, options, inherited, problem);
  return status == STATUS_OK ? sandbox_enter(sandbox, problem) : status;
}

bool confine(const struct options *options, bool inherited, const struct log *log) {
  struct sandbox *sandbox = NULL;
  struct problem problem;
  enum sandbox_policy policy = options->serve.sandbox;
  if (policy == SANDBOX_OFF) {
    log_event(log, false, "sandbox", "no sandbox (--sandbox off)");
    return true;
  }
  enum status status = sandbox_open(&problem, &sandbox);
  if (status == STATUS_OK) status = enter(sandbox, options, inherited, &problem);
  bool required = policy == SANDBOX_REQUIRED;
  if (status == STATUS_OK)
    log_event(log, false, "sandbox", "%s", sandbox_text(sandbox));
  else if (required)
    log_event(log, true, "sandbox", "no sandbox, and it is required: %s", problem.text);
  else
    log_warning(log, "sandbox", "no sandbox: %s", problem.text);
  sandbox_close(sandbox);
  return status == STATUS_OK || !required;
}
