/* wordvec list: the models of the store, or of a daemon, one a line. */
#include <stdlib.h>

#include "server/asking.h"
#include "server/commands.h"
#include "server/render_model.h"

/* Adds what is known of one model. */
static enum render_outcome add_model(struct ask *ask, const struct render *render, const char *name,
                                     struct sheet *sheet) {
  struct question question;
  struct answer answer;
  char path[sizeof "/models/" + MODEL_NAME_MAX];
  snprintf(path, sizeof path, "/models/%s", name);
  question_begin(&question, path, NULL);
  bool asked = ask_question(ask, &question, &answer) == ASK_ANSWERED;
  question_release(&question);
  if (!asked) return RENDER_BROKEN;
  enum render_outcome outcome = render_model_line(render, sheet, answer.root);
  answer_clear(&answer);
  return outcome;
}

static enum render_outcome print_table(struct ask *ask, const struct render *render, const struct json_t *models) {
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, RENDER_MODEL_COLUMNS);
  if (render->format == ASK_TEXT) render_model_heads(&sheet);
  enum render_outcome outcome = RENDER_COMPLETE;
  for (size_t i = 0; outcome == RENDER_COMPLETE && i < answer_count(models); i++) {
    const char *name = "";
    answer_text(answer_element(models, i), "name", &name);
    outcome = add_model(ask, render, name, &sheet);
  }
  if (outcome == RENDER_COMPLETE && !sheet_print(&sheet)) outcome = RENDER_BROKEN;
  sheet_release(&sheet);
  return outcome;
}

static enum render_outcome list(struct ask *ask, const struct options *options) {
  const struct render render = {.command = "list", .format = options->ask.format};
  struct question question;
  struct answer answer;
  question_begin(&question, "/models", NULL);
  bool asked = ask_question(ask, &question, &answer) == ASK_ANSWERED;
  question_release(&question);
  if (!asked) return RENDER_BROKEN;
  enum render_outcome outcome = RENDER_COMPLETE;
  const struct json_t *models = answer_member(answer.root, "models");
  if (options->ask.format == ASK_JSON)
    render_raw(&answer);
  else if (answer_count(models) > 0)
    outcome = print_table(ask, &render, models);
  else if (!ask_failed(ask) && options->url)
    fprintf(stderr, "There is no model at %s yet\n", options->url);
  else if (!ask_failed(ask))
    fprintf(stderr, "There is no model in %s yet; make one with: wordvec import FILE --store %s\n", options->store,
            options->store);
  answer_clear(&answer);
  return outcome;
}

int cmd_list(const struct options *options) {
  struct ask *ask;
  int status;
  if (!ask_open(options, ASK_ALL_MODELS, &ask, &status)) return status;
  bool good = list(ask, options) == RENDER_COMPLETE && !ask_failed(ask);
  ask_close(ask);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
