/* wordvec info NAME: what the store, or a daemon, knows of one model. */
#include "server/asking.h"
#include "server/commands.h"
#include "server/render_model.h"

static enum render_outcome print(const struct render *render, const struct options *options,
                                 const struct json_t *answer) {
  (void)options;
  return render_model(render, answer);
}

int cmd_info(const struct options *options) {
  struct options named = *options;
  struct question question;
  char path[sizeof "/models/" + MODEL_NAME_MAX];
  if (!model_name_valid(options->operand)) {
    fprintf(stderr, "wordvec info: '%s' names no model: " MODEL_NAME_RULE "\n", options->operand);
    return EXIT_USAGE;
  }
  named.ask.model = options->operand; /* the only one that is opened */
  snprintf(path, sizeof path, "/models/%s", options->operand);
  question_begin(&question, path, NULL);
  return asking_once(&named, &question, print);
}
