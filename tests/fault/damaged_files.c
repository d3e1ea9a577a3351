/* Store files as no import writes them: 10,000 that were cut, flipped, spliced or given another head or trailer, and
 * 1,000 whose metadata were altered by LMDB itself, under sums made anew. None may be opened, and each must be named.
 */
#include <check.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/format.h"
#include "store/matrix/model.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/store_fixture.h"
#include "tests/support/suite.h"

enum {
  DAMAGED = 10000,
  ALTERED = 1000,
  PAGE = 4096,
  SUMS = 8,
  FOOTER = 32,
  TRAILER = SUMS + FOOTER,
  LONGER = 3 * PAGE
};

/* The kinds of file, and one of another number of rows. */
static const struct store_fixture shapes[] = {
    {.rows = 40, .dim = 5, .seed = 1},
    {.rows = 60, .dim = 50, .codes = true, .seed = 2},
    {.rows = 80, .dim = 12, .graph = true, .seed = 3},
    {.rows = 30, .dim = 7, .subwords = true, .seed = 4},
    {.rows = 30, .dim = 7, .subwords = true, .pruned = true, .seed = 5},
    {.rows = 90, .dim = 52, .codes = true, .graph = true, .subwords = true, .seed = 6},
    {.rows = 41, .dim = 5, .seed = 7},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

struct file {
  unsigned char *bytes;
  size_t length;
};

static struct file whole[SHAPES];
static char path[SCRATCH_PATH_MAX];
static struct numbers numbers = {20240607}; /* the seed of everything below */

static size_t below(size_t limit) {
  return numbers_below(&numbers, (uint32_t)limit);
}

/* ---- Damage: from a whole file to `out`, which has room for LONGER more */

static void cut(const struct file *from, struct file *out) {
  const size_t places[] = {0,
                           1,
                           16,
                           64,
                           PAGE,
                           2 * PAGE,
                           from->length - TRAILER,
                           from->length - FOOTER,
                           from->length - TRAILER - PAGE,
                           from->length - 8,
                           from->length - 1};
  size_t place = below(2 * (sizeof places / sizeof places[0]));
  bool structural = place < sizeof places / sizeof places[0];
  out->length = structural ? places[place] : below(2) ? below(from->length) : below(from->length / PAGE) * PAGE;
}

static void flip(const struct file *from, struct file *out) {
  static const size_t counts[] = {1, 1, 2, 8, 1000};
  for (size_t i = counts[below(5)]; i > 0; i--) out->bytes[below(from->length)] ^= (unsigned char)(1 << below(8));
}

static void exchange(const struct file *from, struct file *out) {
  const struct file *other = &whole[below(SHAPES)];
  if (below(2)) { /* a range of another file, here or elsewhere */
    size_t least = other->length < from->length ? other->length : from->length;
    size_t length = 1 + below(below(2) ? 64 : least - 1), at = below(least - length + 1);
    size_t to = below(2) ? at : below(from->length - length + 1);
    memcpy(out->bytes + to, other->bytes + at, length);
  } else { /* two pages exchanged, or one twice */
    size_t pages = (from->length - TRAILER) / PAGE, a = below(pages) * PAGE, b = below(pages) * PAGE;
    memcpy(out->bytes + a, from->bytes + b, PAGE);
    if (below(4)) memcpy(out->bytes + b, from->bytes + a, PAGE);
  }
}

static void put_at_end(struct file *out, const void *bytes, size_t length) {
  memcpy(out->bytes + out->length, bytes, length);
  out->length += length;
}

static void rehead(const struct file *from, struct file *out) {
  static const unsigned char zeros[LONGER];
  const struct file *other = &whole[below(SHAPES)];
  switch (below(7)) {
    case 0: /* what a meta page of LMDB says */
      for (size_t i = 1 + below(4); i > 0; i--) out->bytes[below(2) * PAGE + below(152)] = (unsigned char)below(256);
      break;
    case 1: memcpy(out->bytes + below(2) * PAGE, other->bytes + below(2) * PAGE, 152); break;
    case 2: /* another's trailer, in place of its own or behind it */
      out->length -= below(2) ? TRAILER : 0;
      put_at_end(out, other->bytes + other->length - TRAILER, TRAILER);
      break;
    case 3: memset(out->bytes + from->length - TRAILER + below(TRAILER), (int)below(256), 1 + below(8)); break;
    case 4: put_at_end(out, zeros, 1 + below(below(2) ? 64 : LONGER)); break;
    case 5: /* more pages under a trailer that is in its place */
      out->length -= TRAILER;
      put_at_end(out, zeros, PAGE * (1 + below(2)));
      put_at_end(out, from->bytes + from->length - TRAILER, TRAILER);
      break;
    default: /* something in front of it, or less */
      if (below(2)) {
        size_t length = below(2) ? 1 + below(64) : PAGE;
        memmove(out->bytes + length, from->bytes, from->length);
        memset(out->bytes, 0, length);
        out->length += length;
      } else {
        size_t length = below(2) ? 1 + below(64) : PAGE;
        memmove(out->bytes, from->bytes + length, from->length - length);
        out->length -= length;
      }
  }
}

static void (*const damages[])(const struct file *, struct file *) = {cut, flip, exchange, rehead};
static const char *const damage_names[] = {"cut", "flipped", "spliced", "reheaded"};

/* Without cutting the file to nothing first, which some file systems take for a reason to write it out at once. */
static void write_file(const struct file *file) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, file->bytes, file->length) != (ssize_t)file->length ||
      ftruncate(fd, (off_t)file->length) != 0)
    support_fail("cannot write %s", path);
  close(fd);
}

/* Opens the file, which must be refused by name, and in words. */
static void expect_refused(const char *how, size_t shape, int number) {
  struct model *model = NULL;
  struct problem problem = {0};
  enum status status = model_open(path, 1, &problem, &model);
  ck_assert_msg(status != STATUS_OK && !model, "number %d, shape %zu, %s: it is served", number, shape, how);
  ck_assert_msg(status == STATUS_DAMAGED || status == STATUS_FOREIGN || status == STATUS_UNSUPPORTED,
                "number %d, %s: %s (%s)", number, how, status_text(status), problem.text);
  ck_assert_msg(strncmp(problem.text, path, strlen(path)) == 0 && strlen(problem.text) > strlen(path) + 10,
                "number %d, %s: \"%s\"", number, how, problem.text);
}

START_TEST(no_damaged_file_is_opened) {
  unsigned counts[4] = {0};
  for (int i = 0; i < DAMAGED; i++) {
    size_t shape = below(SHAPES), damage = (size_t)i % 4;
    const struct file *from = &whole[shape];
    struct file out = {malloc(from->length + LONGER), from->length};
    do {
      out.length = from->length;
      memcpy(out.bytes, from->bytes, from->length);
      damages[damage](from, &out);
    } while (out.length == from->length && memcmp(out.bytes, from->bytes, from->length) == 0);
    write_file(&out);
    expect_refused(damage_names[damage], shape, i);
    counts[damage]++;
    free(out.bytes);
  }
  printf("damaged files: %u cut, %u flipped, %u spliced, %u reheaded: all refused\n", counts[0], counts[1], counts[2],
         counts[3]);
}
END_TEST

/* ---- Altered metadata */

/* A field of a record; `alone`: the others tell that it is not right, even without the sum that the head has of all. */
struct field {
  char kind;
  unsigned char size;
  bool alone;
  unsigned short offset; /* in the data, behind the lead of all kinds but h */
  const char *name;
};

static const struct field fields[] = {
    {'h', 8, true, 0, "magic"},
    {'h', 4, true, 8, "format version"},
    {'h', 4, true, 12, "byte order"},
    {'h', 8, true, 16, "rows"},
    {'h', 4, true, 24, "dim"},
    {'h', 4, true, 28, "stride"},
    {'h', 4, true, 32, "slab size"},
    {'h', 4, true, 36, "slabs"},
    {'h', 4, true, 40, "text chunks"},
    {'h', 4, true, 44, "zero"},
    {'h', 8, true, 48, "length of words"},
    {'h', 8, false, 56, "digest"},
    {'h', 8, false, 72, "time"},
    {'h', 8, false, 80, "declared rows"},
    {'h', 8, false, 96, "skipped"},
    {'h', 2, true, 120, "length of the source"},
    {'h', 2, true, 122, "length of the format"},
    {'a', 4, true, 0, "axes"},
    {'a', 4, true, 4, "bytes of a record"},
    {'a', 4, false, 8, "skew"},
    {'a', 4, false, 16, "limits"},
    {'a', 4, true, 32, "zero of codes"},
    {'g', 8, true, 0, "magic of the graph"},
    {'g', 4, false, 8, "version of the graph"},
    {'g', 4, true, 12, "nodes"},
    {'g', 4, true, 16, "dim of the graph"},
    {'g', 4, true, 20, "degree"},
    {'g', 4, true, 24, "entries"},
    {'g', 4, false, 28, "root"},
    {'g', 8, true, 40, "zero of the graph"},
    {'g', 4, false, 64, "queries of the recall"},
    {'g', 4, true, 68, "steps of the recall"},
    {'g', 4, false, 72, "width of a step"},
    {'g', 4, true, 76, "zero of a step"},
    {'g', 8, false, 80, "recall of a step"},
    {'g', 8, true, 632, "end of the recall table"},
    {'i', 4, false, 0, "version of the forms"},
    {'i', 4, false, 4, "version of Unicode"},
    {'i', 8, false, 8, "seed of the forms"},
    {'i', 8, true, 16, "slots of the forms"},
    {'i', 4, true, 24, "forms"},
    {'i', 8, true, 40, "zero of the forms"},
    {'s', 8, true, 0, "magic of subwords"},
    {'s', 4, false, 8, "version of subwords"},
    {'s', 4, false, 12, "least n-gram"},
    {'s', 4, false, 16, "longest n-gram"},
    {'s', 4, false, 20, "buckets"},
    {'s', 4, true, 24, "rows of subwords"},
    {'s', 4, true, 28, "dim of subwords"},
    {'s', 4, true, 32, "whether pruned"},
    {'s', 4, false, 36, "the end of a line"},
    {'s', 8, true, 48, "zero of subwords"},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* Records that may be taken away, or made longer or shorter; words' own keys are verify's business. */
static const char records[] = "hrnotmijacfglsbp";
static const char optional[] = "amgis";

static uint64_t altered(uint64_t value, unsigned size) {
  uint64_t mask = size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1, made;
  do switch (below(8)) {
      case 0: made = value + 1; break;
      case 1: made = value - 1; break;
      case 2: made = value * 2; break;
      case 3: made = value / 2; break;
      case 4: made = 0; break;
      case 5: made = UINT64_MAX; break;
      case 6: made = value ^ 1ull << below(8 * size); break;
      default: made = numbers_next(&numbers); break;
    }
  while ((made & mask) == (value & mask));
  return made & mask;
}

/* Whether nothing but the sum tells: a dimension within the same stride, whose numbers are zeros in every row. */
static bool needs_the_sum(const struct field *field, uint64_t value, uint64_t made) {
  bool wider = field->kind == 'h' && field->offset == 24 && made > value;
  return !field->alone || (wider && rows_stride_of((uint32_t)made) == rows_stride_of((uint32_t)value));
}

static MDB_env *env;
static MDB_dbi dbi;
static MDB_txn *txn;

static void open_lmdb(void) {
  ck_assert_int_eq(mdb_env_create(&env), 0);
  ck_assert_int_eq(mdb_env_set_mapsize(env, 64 << 20), 0);
  ck_assert_int_eq(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600), 0);
  ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
  ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
}

/* Commits, and makes the file one of whole pages under new sums. */
static void close_lmdb(void) {
  MDB_envinfo about;
  MDB_stat stat;
  uint64_t size;
  ck_assert_int_eq(mdb_txn_commit(txn), 0);
  ck_assert_int_eq(mdb_env_info(env, &about), 0);
  ck_assert_int_eq(mdb_env_stat(env, &stat), 0);
  mdb_env_close(env);
  uint64_t covered = (about.me_last_pgno + 1) * stat.ms_psize;
  ck_assert_int_eq(truncate(path, (off_t)covered), 0);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  ck_assert_int_eq(checksum_append(fd, covered, 1, path, NULL, &size), STATUS_OK);
  close(fd);
}

static MDB_val key_of(char kind, unsigned char room[5]) {
  memcpy(room, (const unsigned char[5]){(unsigned char)kind}, 5);
  return (MDB_val){kind == 'h' ? 1 : 5, room};
}

/* A copy of the record's value, with room for more; NULL: this file has none. */
static unsigned char *copy_value(char kind, size_t *length) {
  unsigned char room[5];
  MDB_val key = key_of(kind, room), value;
  if (mdb_get(txn, dbi, &key, &value) != 0) return NULL;
  unsigned char *copy = calloc(1, value.mv_size + PAGE);
  memcpy(copy, value.mv_data, value.mv_size);
  *length = value.mv_size;
  return copy;
}

static void put_value(char kind, const unsigned char *bytes, size_t length) {
  unsigned char room[5];
  MDB_val key = key_of(kind, room), value = {length, (void *)(uintptr_t)bytes};
  ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
}

/* As a build wrote it that kept no sum. */
static void remove_sum(void) {
  size_t length;
  unsigned char *head = copy_value('h', &length);
  if (head && length >= FORMAT_HEAD_FIXED) memset(head + FORMAT_HEAD_SUM, 0, 4);
  if (head) put_value('h', head, length);
  free(head);
}

/* Alters a field of some record; false: this file has not that record, or nothing would tell. */
static bool alter_field(bool summed, char how[128]) {
  const struct field *field = &fields[below(FIELDS)];
  size_t length, lead = field->kind == 'h' ? 0 : FORMAT_LEAD;
  unsigned char *bytes = copy_value(field->kind, &length);
  if (!bytes) return false;
  uint64_t value = 0;
  memcpy(&value, bytes + lead + field->offset, field->size);
  uint64_t made = altered(value, field->size);
  bool told = summed || !needs_the_sum(field, value, made);
  memcpy(bytes + lead + field->offset, &made, field->size);
  if (told) put_value(field->kind, bytes, length);
  free(bytes);
  snprintf(how, 128, "%s %llu for %llu%s", field->name, (unsigned long long)made, (unsigned long long)value,
           summed ? "" : ", no sum of metadata");
  return told;
}

/* Takes a record away, or some of its end, or gives it more. */
static bool alter_record(bool summed, char how[128]) {
  unsigned char room[5];
  size_t length;
  char kind = records[below(sizeof records - 1)];
  unsigned char *bytes = copy_value(kind, &length);
  unsigned action = (unsigned)below(3);
  bool told = bytes && (action > 0 || summed || !strchr(optional, kind));
  MDB_val key = key_of(kind, room);
  size_t by = below(2) ? 1 + below(64) : 4 * (1 + below(30));
  if (told && action == 0) ck_assert_int_eq(mdb_del(txn, dbi, &key, NULL), 0);
  if (told && action == 1) put_value(kind, bytes, length > by ? length - by : 0);
  if (told && action == 2) put_value(kind, bytes, length + by);
  free(bytes);
  snprintf(how, 128, "record %c %s by %zu", kind, action == 0 ? "gone" : action == 1 ? "shorter" : "longer", by);
  return told;
}

START_TEST(no_altered_file_is_opened) {
  unsigned by_field = 0, by_record = 0, without_sum = 0;
  for (int i = 0; i < ALTERED;) {
    size_t shape = below(SHAPES);
    bool of_field = below(5) > 0, summed = below(2) > 0;
    char how[128];
    write_file(&(struct file){whole[shape].bytes, whole[shape].length - TRAILER});
    open_lmdb();
    bool done = of_field ? alter_field(summed, how) : alter_record(summed, how);
    if (done && !summed) remove_sum();
    close_lmdb();
    if (!done) continue;
    expect_refused(how, shape, i++);
    by_field += of_field;
    by_record += !of_field;
    without_sum += !summed;
  }
  printf("altered files: %u by a field, %u by a record, %u of them without a sum of metadata: all refused\n", by_field,
         by_record, without_sum);
}
END_TEST

/* What is altered above would be served otherwise: neither LMDB nor the new sums are what is refused. */
START_TEST(an_untouched_file_is_opened_again) {
  for (size_t shape = 0; shape < SHAPES; shape++) {
    struct model *model = NULL;
    struct problem problem = {0};
    write_file(&(struct file){whole[shape].bytes, whole[shape].length - TRAILER});
    open_lmdb();
    remove_sum();
    close_lmdb();
    ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
    model_drop(model);
    write_file(&whole[shape]);
    ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
    ck_assert_uint_eq(model_info(model)->rows, shapes[shape].rows);
    model_drop(model);
  }
}
END_TEST

int main(void) {
  scratch_open();
  char store[SCRATCH_PATH_MAX], file[SCRATCH_PATH_MAX];
  scratch_folder(store, "store");
  scratch_path(file, "store/m.mdb");
  scratch_path(path, "damaged.mdb");
  for (size_t i = 0; i < SHAPES; i++) {
    store_fixture_write(store, "m", &shapes[i]);
    whole[i].bytes = (unsigned char *)scratch_read(file, &whole[i].length);
  }
  TCase *cases;
  Suite *suite = suite_of("fault/damaged_files", &cases);
  tcase_add_test(cases, an_untouched_file_is_opened_again);
  tcase_add_test(cases, no_damaged_file_is_opened);
  tcase_add_test(cases, no_altered_file_is_opened);
  int failed = suite_run(suite);
  for (size_t i = 0; i < SHAPES; i++) free(whole[i].bytes);
  scratch_close();
  return failed;
}
