/* Rows from the writer, codes made of them slab by slab, and back to the writer. */
#include "store/import/import_codes.h"

#include <stdlib.h>

#include "store/search/codes_build.h"

/* Room for the codes of one slab. */
struct room {
  struct codes_coarse *coarse;
  unsigned char *fine;
};

static void release(struct room *room) {
  free(room->coarse);
  free(room->fine);
}

static enum status reserve(struct room *room, const struct rows *rows, uint32_t fine_bytes) {
  uint32_t most = rows_in_slab(rows, 0);
  room->coarse = aligned_alloc(CODES_FINE_UNIT, codes_groups(most) * sizeof *room->coarse);
  room->fine = aligned_alloc(CODES_FINE_UNIT, (size_t)most * fine_bytes);
  return room->coarse && room->fine ? STATUS_OK : STATUS_NO_MEMORY;
}

/* What is written may move the rows: they are asked for anew before each slab. */
static enum status add_slabs(struct writer *writer, struct codes_build *build, const struct import_step *step,
                             const struct room *room, struct problem *problem) {
  struct rows rows = {.slab_count = 1};
  for (uint32_t slab = 0; slab < rows.slab_count; slab++) {
    enum status status = writer_rows(writer, problem, &rows);
    if (status != STATUS_OK) return status;
    codes_build_slab(build, &rows, slab, step->threads, room->coarse, room->fine);
    uint32_t fine_bytes = codes_build_codes(build)->fine_bytes;
    status = writer_add_codes(writer, slab, room->coarse, room->fine, fine_bytes, problem);
    if (status != STATUS_OK) return status;
    step->progress(step->context, (slab << rows.slab_shift) + rows_in_slab(&rows, slab), rows.count);
  }
  return writer_add_axes(writer, codes_build_codes(build), problem);
}

enum status import_codes(struct writer *writer, const struct import_step *step, struct problem *problem) {
  struct rows rows;
  enum status status = writer_rows(writer, problem, &rows);
  if (status != STATUS_OK || !codes_worth(rows.count, rows.dim)) return status;
  struct codes_build *build = NULL;
  struct room room = {0};
  step->progress(step->context, 0, rows.count);
  status = codes_build_new(kernel_best(), &rows, &build);
  if (status == STATUS_OK) status = reserve(&room, &rows, codes_build_codes(build)->fine_bytes);
  if (status != STATUS_OK)
    problem_set(problem, status, 0, "out of memory");
  else
    status = add_slabs(writer, build, step, &room, problem);
  release(&room);
  codes_build_free(build);
  return status;
}
