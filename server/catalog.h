/* The models being served: name → open model, looked at again while serving. Each file of the store's folder named
 * NAME.mdb is one model. Thread-safe. */
#ifndef WORDVEC_SERVER_CATALOG_H
#define WORDVEC_SERVER_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "server/news.h"
#include "store/matrix/model.h"

struct catalog;

/* Makes an empty catalog of the folder `store` (copied); nothing is read before catalog_refresh(). */
enum status catalog_new(const char *store, unsigned threads, struct catalog **out) MUST_USE;
void catalog_free(struct catalog *catalog);

/* A second folder (copied), looked at only until the first has a model to serve, and never again after that: an empty
 * store can show a sample, which gives way to the first real model in the same look. Before the first refresh. */
enum status catalog_set_fallback(struct catalog *catalog, const char *folder) MUST_USE;

/* What one look found, a line for the log each time something changed; told when requests see it. */
typedef news_event catalog_event;

/* Looks at the folder: opens new and replaced files, drops removed ones; a file that cannot be opened never replaces an
 * older version that is served. It is tried again when it changes, and at every look when the reason may pass (no
 * permission, no memory, no descriptor); `insist`: whatever the reason. The same failure is reported once. A model
 * whose own file was lost (model_lost()), or written to and is none any more, is dropped: how many is returned. Called
 * from one thread. */
size_t catalog_refresh(struct catalog *catalog, bool insist, catalog_event *event, void *context);

/* As catalog_refresh() of a catalog that has not looked yet, but at the files of these models only: to ask one model of
 * a large store. */
void catalog_open_only(struct catalog *catalog, const char *const *names, size_t count, catalog_event *event,
                       void *context);

/* The names of the models that the folder has files of, in byte order, without looking into the files; of the fallback
 * when it has none. An array for the caller to free(), NULL when *count is 0. STATUS_IO, with errno, when a folder
 * cannot be read. */
enum status catalog_names(const struct catalog *catalog, char (**names)[MODEL_NAME_MAX + 1], size_t *count) MUST_USE;

/* Whether the first look is done. */
bool catalog_looked(const struct catalog *catalog);

/* The model of that name, acquired: the caller drops it. NULL when there is none, or it is lost. */
struct model *catalog_acquire(struct catalog *catalog, const char *name);

/* Whether the file of that model was lost while it was served, and nothing has come in its place; name NULL: that of
 * any model. */
bool catalog_lost(struct catalog *catalog, const char *name);

/* The only model when exactly one is served, acquired, with its name in `name`; NULL otherwise. */
struct model *catalog_acquire_only(struct catalog *catalog, char name[MODEL_NAME_MAX + 1]);

struct catalog_entry {
  char name[MODEL_NAME_MAX + 1];
  struct model *model; /* acquired */
};

/* All models in byte order of their names, in an array for the caller to give to catalog_list_free(). */
enum status catalog_list(struct catalog *catalog, struct catalog_entry **entries, size_t *count) MUST_USE;
void catalog_list_free(struct catalog_entry *entries, size_t count);

/* What looks have done up to now: with files whose version was new, the first one of a model included. */
enum catalog_swap {
  CATALOG_SWAPPED, /* taken into service */
  CATALOG_REFUSED, /* not: what was served before, if anything, still is */
  CATALOG_REMOVED, /* gone, and no longer served */
  CATALOG_SWAPS
};

/* The counts of all models that there have been. */
void catalog_swaps(struct catalog *catalog, uint64_t swaps[CATALOG_SWAPS]);

/* Of one that has a file now, served or not: up to CATALOG_REFUSED, since it has had one. */
struct catalog_model {
  char name[MODEL_NAME_MAX + 1];
  uint64_t swaps[CATALOG_REMOVED];
  struct model *model; /* acquired; NULL: not served */
};

/* All of them, those that are served first, each part in byte order of their names, in an array for the caller to give
 * to catalog_models_free(). */
enum status catalog_models(struct catalog *catalog, struct catalog_model **models, size_t *count) MUST_USE;
void catalog_models_free(struct catalog_model *models, size_t count);

/* How many models are served now. */
size_t catalog_count(struct catalog *catalog);

#endif
