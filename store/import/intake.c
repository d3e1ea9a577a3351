/* A buffer over a source. */
#include "store/import/intake.h"

#include <stdlib.h>
#include <string.h>

enum status intake_init(struct intake *intake, struct source *source, struct problem *problem) {
  *intake = (struct intake){.source = source, .buffer = malloc(INTAKE_SIZE)};
  if (intake->buffer) return STATUS_OK;
  return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
}

void intake_release(struct intake *intake) {
  free(intake->buffer);
  *intake = (struct intake){0};
}

static enum status refill(struct intake *intake, struct problem *problem) {
  memmove(intake->buffer, intake->buffer + intake->at, intake->length - intake->at);
  intake->length -= intake->at;
  intake->at = 0;
  size_t got, room = INTAKE_SIZE - intake->length;
  enum status status = source_read(intake->source, intake->buffer + intake->length, room, problem, &got);
  if (status != STATUS_OK) return status;
  intake->length += got;
  intake->ended = got < room;
  if (intake->tick) intake->tick(intake->context);
  return STATUS_OK;
}

enum status intake_look(struct intake *intake, size_t wanted, struct problem *problem, const unsigned char **data,
                        size_t *available) {
  if (intake->length - intake->at < wanted && !intake->ended) {
    enum status status = refill(intake, problem);
    if (status != STATUS_OK) return status;
  }
  *data = intake->buffer + intake->at;
  *available = intake->length - intake->at;
  return STATUS_OK;
}

void intake_skip(struct intake *intake, size_t size) {
  intake->at += size;
  intake->position += size;
}
