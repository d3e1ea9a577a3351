/* Any bytes as the answer of a daemon, for libFuzzer: answers of each route are good seeds. What must hold: no
 * sanitizer speaks, and whatever is printed for programs is whole lines. */
#include <stdio.h>
#include <stdlib.h>

#include "server/render_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LABELS = 2, SIZE_MOST = 1 << 16 };

static void render_all(const struct render *render, const struct json_t *answer) {
  static const struct word labels[LABELS] = {{"cat", 3}, {"a\tb", 3}};
  static const struct word pairs[LABELS][2] = {{{"cat", 3}, {"dog", 3}}, {{"", 0}, {"\xff", 1}}};
  const struct render_matrix matrix = {labels, LABELS, labels, LABELS}, rows = {labels, LABELS, NULL, 0};
  struct sheet sheet;
  render_vector(render, labels[0], answer);
  render_vectors(render, labels, LABELS, answer);
  render_row(render, answer);
  render_words(render, answer);
  render_closer(render, answer);
  render_rank(render, answer);
  render_odd(render, answer);
  render_numbers(render, answer);
  render_means(render, LABELS, answer);
  render_pair(render, answer);
  render_pairs(render, pairs, LABELS, answer);
  render_matrix(render, &matrix, answer);
  render_matrix(render, &rows, answer);
  render_neighbors(render, answer);
  render_results(render, labels, LABELS, answer);
  render_results(render, NULL, LABELS, answer);
  render_model(render, answer);
  answer_complain(stderr, render->command, answer);
  sheet_init(&sheet, stdout, render->format, RENDER_MODEL_COLUMNS);
  if (render_model_line(render, &sheet, answer) == RENDER_COMPLETE && !sheet_print(&sheet)) abort();
  sheet_release(&sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum ask_format formats[] = {ASK_TEXT, ASK_TSV};
  struct answer answer = {.http_status = 200};
  FILE *real_out = stdout, *real_err = stderr;
  char *printed, *told;
  size_t printed_length, told_length;
  stdout = open_memstream(&printed, &printed_length);
  stderr = open_memstream(&told, &told_length);
  if (!stdout || !stderr) abort();
  bytes_init(&answer.body, SIZE_MOST);
  if (bytes_append(&answer.body, data, size) == STATUS_OK && answer_parse(&answer))
    for (size_t i = 0; i < 2; i++) render_all(&(struct render){.command = "fuzz", .format = formats[i]}, answer.root);
  answer_clear(&answer);
  fclose(stdout);
  fclose(stderr);
  stdout = real_out;
  stderr = real_err;
  if (printed_length > 0 && printed[printed_length - 1] != '\n') abort();
  if (told_length > 0 && told[told_length - 1] != '\n') abort();
  free(printed);
  free(told);
  return 0;
}
