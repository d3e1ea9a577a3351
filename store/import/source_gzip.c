/* A gzip stream (RFC 1952) over the stored bytes: members in a row are one stream, zeros after the last are padding,
 * anything else after it is noted and left. A stream that ends inside a member is an error, never an end. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "store/import/stream.h"

enum { INPUT_SIZE = 256 * 1024 };

struct gzip_stream {
  struct stored *stored;
  z_stream inflate;
  bool ended;    /* the last member is complete */
  bool trailing; /* and something that is no gzip follows it */
  uint64_t produced;
  unsigned char input[INPUT_SIZE];
};

enum status gzip_open(struct stored *stored, struct problem *problem, struct gzip_stream **out) {
  struct gzip_stream *gzip = calloc(1, sizeof *gzip);
  if (!gzip) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", stored->label);
  gzip->stored = stored;
  if (inflateInit2(&gzip->inflate, 15 + 16) != Z_OK) { /* the largest window; a gzip header is demanded */
    free(gzip);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", stored->label);
  }
  *out = gzip;
  return STATUS_OK;
}

void gzip_close(struct gzip_stream *gzip) {
  inflateEnd(&gzip->inflate);
  free(gzip);
}

bool gzip_has_trailing_bytes(const struct gzip_stream *gzip) {
  return gzip->trailing;
}

/* Makes at least `wanted` bytes of input ready unless the file ends first. */
static enum status refill(struct gzip_stream *gzip, size_t wanted, struct problem *problem) {
  z_stream *inflate = &gzip->inflate;
  if (inflate->avail_in >= wanted) return STATUS_OK;
  if (inflate->avail_in > 0) memmove(gzip->input, inflate->next_in, inflate->avail_in);
  inflate->next_in = gzip->input;
  while (inflate->avail_in < wanted) {
    size_t got;
    enum status status =
        stored_read(gzip->stored, gzip->input + inflate->avail_in, INPUT_SIZE - inflate->avail_in, problem, &got);
    if (status != STATUS_OK) return status;
    if (got == 0) break;
    inflate->avail_in += (uInt)got;
  }
  return STATUS_OK;
}

/* After a complete member: goes on with the next, or ends the stream. */
static enum status next_member(struct gzip_stream *gzip, struct problem *problem) {
  enum status status = refill(gzip, 2, problem);
  if (status != STATUS_OK) return status;
  z_stream *inflate = &gzip->inflate;
  if (inflate->avail_in >= 2 && inflate->next_in[0] == 0x1F && inflate->next_in[1] == 0x8B) {
    inflateReset(inflate);
    return STATUS_OK;
  }
  gzip->ended = true;
  while (inflate->avail_in > 0 && !gzip->trailing) {
    for (; inflate->avail_in > 0 && *inflate->next_in == 0; inflate->avail_in--) inflate->next_in++;
    gzip->trailing = inflate->avail_in > 0;
    if ((status = refill(gzip, 1, problem)) != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static enum status gzip_problem(const struct gzip_stream *gzip, struct problem *problem, bool truncated) {
  unsigned long long produced = (unsigned long long)gzip->produced;
  if (truncated)
    return problem_set(problem, STATUS_BAD_MATRIX, 0,
                       "%s: the gzip file is cut off: it ends after %llu bytes of content without its end mark; fetch "
                       "or copy it again",
                       gzip->stored->label, produced);
  return problem_set(problem, STATUS_BAD_MATRIX, 0,
                     "%s: the gzip file is damaged after %llu bytes of content (%s); fetch or copy it again",
                     gzip->stored->label, produced, gzip->inflate.msg ? gzip->inflate.msg : "bad data");
}

enum status gzip_read(struct gzip_stream *gzip, unsigned char *buffer, size_t size, struct problem *problem,
                      size_t *got) {
  z_stream *inflater = &gzip->inflate;
  uInt room = size > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)size;
  inflater->next_out = buffer;
  inflater->avail_out = room;
  while (!gzip->ended && inflater->avail_out == room) {
    enum status status = refill(gzip, 1, problem);
    if (status != STATUS_OK) return status;
    bool at_end = inflater->avail_in == 0;
    int result = inflate(inflater, Z_NO_FLUSH);
    gzip->produced += room - inflater->avail_out; /* 0 before this call, or the loop had ended */
    if (result == Z_STREAM_END) {
      if ((status = next_member(gzip, problem)) != STATUS_OK) return status;
    } else if (result == Z_MEM_ERROR) {
      return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", gzip->stored->label);
    } else if (result == Z_BUF_ERROR && at_end) {
      return gzip_problem(gzip, problem, true);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return gzip_problem(gzip, problem, false);
    }
  }
  *got = room - inflater->avail_out;
  return STATUS_OK;
}
