/* The table of layouts, and what several of them need. */
#include "store/export/form.h"

#include <string.h>

#include "store/float_text.h"

const char *const export_format_names[EXPORT_FORMATS + 1] = {
    [EXPORT_WORD2VEC_TEXT] = "word2vec-text",    [EXPORT_WORD2VEC_BINARY] = "word2vec-binary", [EXPORT_GLOVE] = "glove",
    [EXPORT_FASTTEXT_VEC] = "fasttext-vec",      [EXPORT_FASTTEXT_BIN] = "fasttext-bin",       [EXPORT_NPY] = "npy",
    [EXPORT_PROJECTOR] = "tensorflow-projector",
};

const struct export_form *export_form_of(enum export_format format) {
  static const struct export_form *const forms[EXPORT_FORMATS] = {
      [EXPORT_WORD2VEC_TEXT] = &export_word2vec_text,
      [EXPORT_WORD2VEC_BINARY] = &export_word2vec_binary,
      [EXPORT_GLOVE] = &export_glove,
      [EXPORT_FASTTEXT_VEC] = &export_fasttext_vec,
      [EXPORT_FASTTEXT_BIN] = &export_fasttext_bin,
      [EXPORT_NPY] = &export_npy,
      [EXPORT_PROJECTOR] = &export_projector,
  };
  return forms[format];
}

enum status export_line(struct export_job *job, const struct word *word, const float *vector, char separator,
                        struct word *line) {
  struct bytes *bytes = &job->line;
  bytes->length = 0;
  enum status status = bytes_reserve(bytes, (word ? word->length : 0) + (FLOAT_TEXT_MAX + 1) * (size_t)job->dim + 1);
  if (status != STATUS_OK) return problem_set(job->problem, status, 0, "no memory for a row of text");
  char *at = (char *)bytes->data;
  if (word && word->length > 0) memcpy(at, word->bytes, word->length);
  if (word) at += word->length;
  for (uint32_t i = 0; i < job->dim; i++) {
    if (word || i > 0) *at++ = separator;
    at += float_text_write(at, vector[i]);
  }
  *at++ = '\n';
  bytes->length = (size_t)(at - (char *)bytes->data);
  *line = (struct word){(const char *)bytes->data, bytes->length};
  return STATUS_OK;
}
