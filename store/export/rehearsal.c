/* Writes the first rows into memory and has import's own detection and reader read them. */
#include "store/export/rehearsal.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/import/encoding.h"
#include "store/import/reader.h"

/* More than detection looks at, unless lines are very long: then it looks at three. */
enum { ENOUGH_BYTES = 2 << 20, ENOUGH_ROWS = 4 };

/* The next row that fits, from *at on, which is left behind it; *more is false when there is none. */
static enum status next_fitting(struct export_job *job, const struct export_rows *rows, uint64_t *at, bool *more,
                                struct word *word, const float **vector) {
  for (*more = false; *at < rows->count && !*more;) {
    enum status status = rows->row(rows->context, (*at)++, job->problem, word, vector);
    if (status != STATUS_OK) return status;
    *more = !job->form->misfit(job, *word, *vector, &status);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static enum status write_first(struct export_job *job, const struct export_rows *rows, uint64_t *written) {
  struct word word;
  const float *vector;
  bool more = true;
  uint64_t at = 0;
  enum status status = job->form->begin ? job->form->begin(job) : STATUS_OK;
  for (*written = 0; status == STATUS_OK; ++*written) {
    if (job->outputs->bytes > ENOUGH_BYTES && *written >= ENOUGH_ROWS) break;
    status = next_fitting(job, rows, &at, &more, &word, &vector);
    if (status != STATUS_OK || !more) break;
    status = job->form->row(job, word, vector);
  }
  return status == STATUS_OK ? output_flush(job->outputs, job->problem) : status;
}

static enum status differs(struct export_job *job, struct word word) {
  char shown[100];
  encoding_show(word.bytes, word.length, shown, sizeof shown);
  return problem_set(
      job->problem, STATUS_UNSUPPORTED, 0,
      "the rows up to %s would not be read back from %s as they are, since words there look like numbers "
      "or the reverse; word2vec-binary and npy know no such doubt",
      shown, job->form->name);
}

/* Reads the rows back, beside those that were written. */
static enum status compare(struct export_job *job, const struct export_rows *rows, uint64_t written,
                           struct reader *reader) {
  struct word word = {"", 0};
  const float *vector;
  bool more;
  uint64_t at = 0;
  for (uint64_t i = 0; i < written; i++) {
    struct reader_row row;
    struct problem ignored;
    enum status status = next_fitting(job, rows, &at, &more, &word, &vector);
    if (status != STATUS_OK) return status;
    status = reader_next(reader, &ignored, &row);
    if (status == STATUS_NO_MEMORY) return problem_set(job->problem, status, 0, "out of memory");
    if (status != STATUS_OK || row.kind != ROW_WHOLE || word_compare(row.word, word) != 0 ||
        memcmp(row.vector, vector, job->dim * sizeof *vector) != 0)
      return differs(job, word);
  }
  return STATUS_OK;
}

static enum status read_back(struct export_job *job, const struct export_rows *rows, uint64_t written,
                             struct source *source) {
  struct layout layout;
  struct problem ignored;
  struct reader *reader;
  struct reader_needs needs = {.threads = 1};
  enum status status = detect(source, IMPORT_AUTO, &ignored, &layout);
  if (status == STATUS_NO_MEMORY) return problem_set(job->problem, status, 0, "out of memory");
  struct word word = {"", 0};
  const float *vector;
  if (status != STATUS_OK || layout.format != job->form->read_as || layout.dim != job->dim) {
    status = rows->row(rows->context, 0, job->problem, &word, &vector);
    return status == STATUS_OK ? differs(job, word) : status;
  }
  status = reader_open(source, &layout, &needs, job->problem, &reader);
  if (status != STATUS_OK) return status;
  status = compare(job, rows, written, reader);
  reader_close(reader);
  return status;
}

enum status export_rehearse(struct export_job *job, const struct export_rows *rows) {
  if (job->form->read_as == IMPORT_AUTO) return STATUS_OK;
  struct output memory = OUTPUT_NONE, *outputs = job->outputs;
  struct source *source;
  char path[64];
  uint64_t written = 0;
  int fd = memfd_create("rehearsal", MFD_CLOEXEC);
  if (fd < 0) return problem_set(job->problem, STATUS_NO_MEMORY, 0, "no memory for a rehearsal");
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  job->outputs = &memory;
  enum status status = output_open_descriptor(&memory, fd, job->problem);
  if (status == STATUS_OK) status = write_first(job, rows, &written);
  job->outputs = outputs;
  if (status == STATUS_OK) status = source_open(path, job->problem, &source);
  if (status == STATUS_OK) {
    status = read_back(job, rows, written, source);
    source_close(source);
  }
  output_close(&memory);
  close(fd);
  return status;
}
