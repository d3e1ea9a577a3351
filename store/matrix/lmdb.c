/* LMDB behind the store's own terms: its flags, its transactions, the growth of its map, and its errors. LMDB itself
 * writes; what it wrote is read by pages.c. */
#include "store/matrix/lmdb.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store/matrix/pages.h"

/* Room that a transaction may need beyond the values it holds: the pages of the tree that it rewrites. */
static const size_t map_slack = 64 << 20;

struct lmdb {
  struct pages pages; /* of a reader, who has nothing else of all this */
  MDB_env *env;
  MDB_dbi dbi;
  MDB_txn *txn;    /* of a writer, between the first reserve and the commit */
  size_t map_size; /* of a writer */
  size_t page_size;
  char *path; /* of a writer, for its errors */
};

/* The one table from LMDB's errors to statuses. */
static enum status status_of(int error) {
  switch (error) {
    case 0: return STATUS_OK;
    case MDB_NOTFOUND: return STATUS_NOT_FOUND;
    case MDB_KEYEXIST: return STATUS_EXISTS;
    case ENOMEM: return STATUS_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case MDB_MAP_FULL: return STATUS_NO_SPACE;
    case MDB_VERSION_MISMATCH: return STATUS_UNSUPPORTED;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID: return STATUS_DAMAGED;
    default: return STATUS_IO;
  }
}

static MDB_val val_of(struct lmdb_span span) {
  return (MDB_val){.mv_size = span.length, .mv_data = (void *)(uintptr_t)span.data};
}

/* What has been committed to the file. */
static double bytes_written(const struct lmdb *lmdb) {
  MDB_envinfo about;
  if (lmdb->page_size == 0 || mdb_env_info(lmdb->env, &about) != 0) return 0;
  return (double)((about.me_last_pgno + 1) * lmdb->page_size);
}

/* A full disk reaches LMDB as a short write, which it reports as EIO: ask the file system which of the two it was. */
static enum status write_failed(const struct lmdb *lmdb, int error, struct problem *problem) {
  enum status status = status_of(error);
  struct statvfs about;
  if (status == STATUS_IO && statvfs(lmdb->path, &about) == 0 && about.f_bavail * about.f_frsize < map_slack)
    status = STATUS_NO_SPACE;
  if (status == STATUS_NO_SPACE)
    return problem_set(problem, status, 0,
                       "%s: the disk is full behind %.1f MB of it; free some space and import again", lmdb->path,
                       bytes_written(lmdb) / 1e6);
  if (error == EIO)
    return problem_set(problem, status, 0,
                       "%s: a write fell short: a quota, a limit on the size of files, or a failing disk", lmdb->path);
  return problem_set(problem, status, 0, "%s: cannot be written: %s", lmdb->path, mdb_strerror(error));
}

static int open_env(struct lmdb *lmdb, const char *path, size_t map_size) {
  const unsigned flags = MDB_NOSYNC | MDB_NOMETASYNC | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS;
  MDB_stat about;
  int error = mdb_env_create(&lmdb->env);
  if (!error) error = mdb_env_set_mapsize(lmdb->env, map_size);
  if (!error) error = mdb_env_open(lmdb->env, path, flags, 0644);
  if (!error) error = mdb_env_stat(lmdb->env, &about);
  if (!error) lmdb->page_size = about.ms_psize;
  return error;
}

/* The handle of the unnamed database is a constant of LMDB, but it is had through a transaction. */
static int open_database(struct lmdb *lmdb) {
  MDB_txn *txn;
  int error = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
  if (error) return error;
  error = mdb_dbi_open(txn, NULL, 0, &lmdb->dbi);
  mdb_txn_abort(txn);
  return error;
}

enum status lmdb_open(const struct mapping *mapping, uint64_t covered, const char *file, struct problem *problem,
                      struct lmdb **out) {
  struct pages pages;
  enum status status = pages_open(mapping_data(mapping), covered, file, problem, &pages);
  if (status != STATUS_OK) return status;
  struct lmdb *lmdb = calloc(1, sizeof *lmdb);
  if (!lmdb) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  lmdb->pages = pages;
  *out = lmdb;
  return STATUS_OK;
}

enum status lmdb_create(const char *path, struct problem *problem, struct lmdb **out) {
  struct lmdb *lmdb = calloc(1, sizeof *lmdb);
  size_t size = strlen(path) + 1;
  char *copy = malloc(size);
  if (!lmdb || !copy) {
    free(lmdb);
    free(copy);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", path);
  }
  lmdb->path = memcpy(copy, path, size);
  lmdb->map_size = map_slack;
  int error = open_env(lmdb, path, lmdb->map_size);
  if (!error) error = open_database(lmdb);
  if (error) {
    enum status status = write_failed(lmdb, error, problem);
    lmdb_close(lmdb);
    return status;
  }
  *out = lmdb;
  return STATUS_OK;
}

void lmdb_close(struct lmdb *lmdb) {
  if (!lmdb) return;
  if (lmdb->txn) mdb_txn_abort(lmdb->txn);
  if (lmdb->env) mdb_env_close(lmdb->env);
  free(lmdb->path);
  free(lmdb);
}

/* A writer's own pages are LMDB's alone, and nobody else changes them. */
static enum status get_own(const struct lmdb *lmdb, struct lmdb_span key, struct lmdb_span *value) {
  MDB_txn *txn;
  int error = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);
  if (error) return status_of(error);
  MDB_val wanted = val_of(key), found;
  error = mdb_get(txn, lmdb->dbi, &wanted, &found);
  mdb_txn_abort(txn);
  if (!error) *value = (struct lmdb_span){.data = found.mv_data, .length = found.mv_size};
  return status_of(error);
}

enum status lmdb_get(const struct lmdb *lmdb, struct lmdb_span key, struct lmdb_span *value) {
  return lmdb->env ? get_own(lmdb, key, value) : pages_get(&lmdb->pages, key, value);
}

/* The map can grow only between transactions: so before each, for as much again as the file has and some more. */
static int begin(struct lmdb *lmdb, size_t length) {
  MDB_envinfo about;
  int error = mdb_env_info(lmdb->env, &about);
  if (error) return error;
  size_t needed = (about.me_last_pgno + 1) * lmdb->page_size + length + map_slack;
  if (needed > lmdb->map_size) {
    lmdb->map_size = (2 * needed + map_slack - 1) / map_slack * map_slack;
    error = mdb_env_set_mapsize(lmdb->env, lmdb->map_size);
    if (error) return error;
  }
  return mdb_txn_begin(lmdb->env, NULL, 0, &lmdb->txn);
}

enum status lmdb_reserve(struct lmdb *lmdb, struct lmdb_span key, size_t length, bool append, struct problem *problem,
                         void **value) {
  int error = lmdb->txn ? 0 : begin(lmdb, length);
  if (error) return write_failed(lmdb, error, problem);
  MDB_val wanted = val_of(key), room = {.mv_size = length};
  error = mdb_put(lmdb->txn, lmdb->dbi, &wanted, &room, MDB_RESERVE | MDB_NOOVERWRITE | (append ? MDB_APPEND : 0));
  if (error) return write_failed(lmdb, error, problem);
  *value = room.mv_data;
  return STATUS_OK;
}

enum status lmdb_commit(struct lmdb *lmdb, struct problem *problem) {
  if (!lmdb->txn) return STATUS_OK;
  int error = mdb_txn_commit(lmdb->txn);
  lmdb->txn = NULL;
  return error ? write_failed(lmdb, error, problem) : STATUS_OK;
}

uint64_t lmdb_size(const struct lmdb *lmdb) {
  MDB_envinfo about = {0};
  mdb_env_info(lmdb->env, &about); /* fails only without an environment */
  return (about.me_last_pgno + 1) * lmdb->page_size;
}

struct lmdb_cursor {
  const struct pages *pages;
  struct pages_walk walk;
};

enum status lmdb_cursor_open(const struct lmdb *lmdb, struct lmdb_cursor **out) {
  struct lmdb_cursor *cursor = calloc(1, sizeof *cursor);
  if (!cursor) return STATUS_NO_MEMORY;
  cursor->pages = &lmdb->pages;
  *out = cursor;
  return STATUS_OK;
}

void lmdb_cursor_close(struct lmdb_cursor *cursor) {
  free(cursor);
}

enum status lmdb_cursor_seek(struct lmdb_cursor *cursor, struct lmdb_span key, struct lmdb_record *record) {
  return pages_seek(cursor->pages, key, &cursor->walk, record);
}

enum status lmdb_cursor_next(struct lmdb_cursor *cursor, struct lmdb_record *record) {
  return pages_next(cursor->pages, &cursor->walk, record);
}
