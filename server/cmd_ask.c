/* wordvec ask: any request, as curl would send it, and the answer as it came. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/ask.h"
#include "server/commands.h"

enum { BODY_MAX = 1 << 30, READ_SIZE = 64 << 10, REFUSED = 400 };

/* Reads standard input to its end. */
static bool read_input(struct bytes *body) {
  ssize_t got;
  do {
    if (bytes_reserve(body, READ_SIZE) != STATUS_OK) return false;
    got = read(STDIN_FILENO, body->data + body->length, READ_SIZE);
    if (got > 0) body->length += (size_t)got;
  } while (got > 0);
  return got == 0;
}

static int send_text(struct ask *ask, const struct question_text *text) {
  struct answer answer;
  if (!ask_send(ask, text, stdout, &answer)) return EXIT_FAILURE;
  if (answer.http_status >= REFUSED) {
    /* Readable or not, it is no success. */
    if (ask_judge(ask, &answer) == ASK_ANSWERED) answer_clear(&answer);
    return EXIT_FAILURE;
  }
  answer_clear(&answer);
  return EXIT_SUCCESS;
}

/* What the operands say. False: standard error was told. */
static bool read_text(const struct options *options, struct question_text *text) {
  struct bytes body;
  const char *given = options->operand_count > 1 ? options->operands[1] : NULL;
  bytes_init(&body, BODY_MAX);
  bool from_input = given && strcmp(given, "-") == 0;
  bool good = from_input ? read_input(&body) : !given || bytes_append_text(&body, given) == STATUS_OK;
  size_t length = body.length;
  if (good) good = bytes_append(&body, "", 1) == STATUS_OK; /* a body that is empty is one, too */
  *text = (struct question_text){.target = strdup(options->operand), .body_length = length};
  if (given) text->body = (char *)bytes_take(&body);
  bytes_release(&body);
  if (good && text->target) return true;
  fprintf(stderr, "wordvec ask: cannot read the JSON\n");
  question_text_release(text);
  return false;
}

int cmd_ask(const struct options *options) {
  struct ask *ask;
  struct question_text text;
  int status = EXIT_FAILURE;
  if (options->operand[0] != '/') {
    fprintf(stderr, "wordvec ask: a ROUTE begins with '/', as in '/vector?word=cat'\n");
    return EXIT_USAGE;
  }
  if (!read_text(options, &text)) return EXIT_FAILURE;
  if (ask_open(options, ASK_ALL_MODELS, &ask, &status)) {
    status = send_text(ask, &text);
    ask_close(ask);
  }
  question_text_release(&text);
  return status;
}
