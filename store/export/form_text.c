/* Text: a row a line, its word and its numbers in their shortest digits behind single spaces. GloVe's layout has no
 * header, those of word2vec and fastText begin with "rows dim". */
#include <string.h>

#include "store/export/form.h"
#include "store/import/text_row.h"

/* A word without spaces is the first field whatever it is. One with spaces, or none at all, is what import makes of the
 * line: it is asked. */
static const char *text_misfit(struct export_job *job, struct word word, const float *vector, enum status *status) {
  struct word line;
  struct text_row row;
  if (word.length > 0 && memchr(word.bytes, '\n', word.length)) return "a line feed in a word";
  if (word.length > 0 && !memchr(word.bytes, ' ', word.length)) return NULL;
  *status = export_line(job, &word, vector, ' ', &line);
  if (*status != STATUS_OK) return NULL;
  line.length--;
  bool same = text_row_parse(job->locale, line, job->dim, job->vector, &row) == TEXT_ROW_WHOLE &&
              word_compare(row.word, word) == 0 && memcmp(job->vector, vector, job->dim * sizeof *vector) == 0;
  return same ? NULL : "a word of which a part would be read as numbers";
}

static enum status text_header(struct export_job *job) {
  return output_text(job->outputs, job->problem, "%llu %u\n", (unsigned long long)job->count, job->dim);
}

static enum status text_row(struct export_job *job, struct word word, const float *vector) {
  struct word line;
  enum status status = export_line(job, &word, vector, ' ', &line);
  return status == STATUS_OK ? output_write(job->outputs, line.bytes, line.length, job->problem) : status;
}

const struct export_form export_glove = {
    .name = "glove", .files = 1, .endings = {".txt"}, .read_as = IMPORT_GLOVE, .misfit = text_misfit, .row = text_row};

const struct export_form export_word2vec_text = {.name = "word2vec-text",
                                                 .files = 1,
                                                 .endings = {".txt"},
                                                 .read_as = IMPORT_WORD2VEC_TEXT,
                                                 .misfit = text_misfit,
                                                 .begin = text_header,
                                                 .row = text_row};

/* To detection it is word2vec's, but for the ending of its name. */
const struct export_form export_fasttext_vec = {.name = "fasttext-vec",
                                                .files = 1,
                                                .endings = {".vec"},
                                                .read_as = IMPORT_WORD2VEC_TEXT,
                                                .misfit = text_misfit,
                                                .begin = text_header,
                                                .row = text_row};
