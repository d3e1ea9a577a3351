/* Looks at the store's folder and keeps a table of what is served. A look builds the next table beside the current one
 * and swaps them under the lock, so that requests see either all of its changes or none; models that left are dropped
 * behind it, and live until the last request has dropped them too. */
#include "server/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SUFFIX ".mdb"

enum { FOLDERS = 2 /* the store and its fallback */, FILE_NAME_SIZE = 256 };

/* Which version of a file was looked at: a rename over it changes the inode, a write to it size or time. */
struct identity {
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec modified;
};

/* One file of a folder. */
struct entry {
  char file[FILE_NAME_SIZE];
  char name[MODEL_NAME_MAX + 1]; /* "" for a file whose name gives none */
  unsigned folder;
  struct identity identity;
  struct model *model;    /* NULL: no version of the file could be opened, or the last one was lost */
  struct identity opened; /* of the file that is the model */
  bool lost;              /* the last model was, and none has come since */
  struct problem problem; /* of this version; STATUS_OK when it is the model */
  uint64_t swaps[CATALOG_REMOVED];
};

struct table {
  struct entry *entries; /* those with a model first, each part in byte order of the names */
  size_t count;
  size_t served;
  size_t capacity;
};

struct catalog {
  char *folders[FOLDERS]; /* the second may be NULL */
  unsigned threads;
  atomic_bool looked;
  pthread_mutex_t lock; /* of `table` for all but the refreshing thread, who alone writes and so may read without */
  struct table table;
  bool reported_folder[FOLDERS]; /* that it cannot be read */
  uint64_t swaps[CATALOG_SWAPS]; /* under the lock, too */
};

struct look {
  struct catalog *catalog;
  struct table next;
  const char *const *only; /* [only_count] names; NULL: all models */
  size_t only_count;
  bool insist;
  bool changed;
  uint64_t swaps[CATALOG_SWAPS];
  bool failed; /* no memory: the table stays as it was, and the next look tries again */
  catalog_event *event;
  void *context;
  struct news news;
  size_t lost; /* models */
};

enum status catalog_new(const char *store, unsigned threads, struct catalog **out) {
  struct catalog *catalog = calloc(1, sizeof *catalog);
  if (!catalog) return STATUS_NO_MEMORY;
  catalog->folders[0] = strdup(store);
  if (!catalog->folders[0]) {
    free(catalog);
    return STATUS_NO_MEMORY;
  }
  catalog->threads = threads;
  pthread_mutex_init(&catalog->lock, NULL);
  *out = catalog;
  return STATUS_OK;
}

enum status catalog_set_fallback(struct catalog *catalog, const char *folder) {
  catalog->folders[1] = strdup(folder);
  return catalog->folders[1] ? STATUS_OK : STATUS_NO_MEMORY;
}

static void table_release(struct table *table) {
  for (size_t i = 0; i < table->count; i++) model_drop(table->entries[i].model);
  free(table->entries);
  *table = (struct table){.count = 0};
}

void catalog_free(struct catalog *catalog) {
  if (!catalog) return;
  table_release(&catalog->table);
  pthread_mutex_destroy(&catalog->lock);
  for (unsigned i = 0; i < FOLDERS; i++) free(catalog->folders[i]);
  free(catalog);
}

/* A new entry at the end of the table that is being built; NULL without memory. */
static struct entry *table_add(struct table *table) {
  if (table->count == table->capacity) {
    size_t capacity = table->capacity ? table->capacity * 2 : 8;
    struct entry *entries = reallocarray(table->entries, capacity, sizeof *entries);
    if (!entries) return NULL;
    table->entries = entries;
    table->capacity = capacity;
  }
  return &table->entries[table->count++];
}

static const struct entry *table_find_file(const struct table *table, unsigned folder, const char *file) {
  for (size_t i = 0; i < table->count; i++)
    if (table->entries[i].folder == folder && strcmp(table->entries[i].file, file) == 0) return &table->entries[i];
  return NULL;
}

static int compare_entries(const void *left, const void *right) {
  const struct entry *a = left;
  const struct entry *b = right;
  if ((a->model == NULL) != (b->model == NULL)) return a->model ? -1 : 1;
  return strcmp(a->name, b->name);
}

static bool same_identity(const struct identity *a, const struct identity *b) {
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

static bool same_file(const struct identity *a, const struct identity *b) {
  return a->device == b->device && a->inode == b->inode;
}

static void report(struct look *look, bool failed, const char *model, const char *text) {
  if (!news_add(&look->news, failed, model, text) && look->event) look->event(look->context, failed, model, text);
}

static void count_swap(struct look *look, struct entry *entry, enum catalog_swap swap) {
  look->swaps[swap]++;
  entry->swaps[swap]++;
}

/* Lets go of a model whose own file is not any more what was checked when it was opened. */
static void lose(struct look *look, struct entry *entry) {
  model_drop(entry->model);
  entry->model = NULL;
  entry->lost = true;
  look->lost++;
  look->changed = true;
  report(
      look, true, entry->name,
      "its file was cut short, changed or could not be read while it was served; requests for it get 503 until it is "
      "back: import it again (files are replaced by renaming, never by writing into them), or look at the disk");
}

/* Whether opening the same version of a file again may go otherwise: what is in it does not change. */
static bool may_pass(enum status status) {
  return status != STATUS_OK && status != STATUS_FOREIGN && status != STATUS_DAMAGED && status != STATUS_UNSUPPORTED;
}

/* Opens the file of an entry. On failure the entry keeps the version it has, if any; `told` is the failure that has
 * been reported already. */
static void open_entry(struct look *look, struct entry *entry, const struct problem *told) {
  const struct catalog *catalog = look->catalog;
  struct problem *problem = &entry->problem;
  char path[MODEL_PATH_MAX];
  char text[sizeof problem->text + 128];
  struct model *model = NULL;
  *problem = (struct problem){.status = STATUS_OK};
  enum status status =
      snprintf(path, sizeof path, "%s/%s", catalog->folders[entry->folder], entry->file) < (int)sizeof path
          ? model_open(path, catalog->threads, problem, &model)
          : problem_set(problem, STATUS_LIMIT, 0, "the path of the file is too long");
  if (status != STATUS_OK) {
    /* The version before it would be these very bytes. */
    if (entry->model && same_file(&entry->opened, &entry->identity) && !may_pass(status)) lose(look, entry);
    if (told && strcmp(told->text, problem->text) == 0) return;
    look->changed = true;
    count_swap(look, entry, CATALOG_REFUSED);
    snprintf(text, sizeof text, "%s%s", problem->text, entry->model ? "; the version before it is served on" : "");
    report(look, true, entry->name, text);
    return;
  }
  entry->lost = false;
  entry->opened = entry->identity;
  look->changed = true;
  count_swap(look, entry, CATALOG_SWAPPED);
  const struct model_info *info = model_info(model);
  snprintf(text, sizeof text, "%s: %llu rows x %u, digest %s", entry->model ? "replaced" : "serving",
           (unsigned long long)info->rows, info->dim, info->digest);
  model_drop(entry->model);
  entry->model = model;
  report(look, false, entry->name, text);
}

/* The name of the model in a file; false when it is no model's. */
static bool name_of_file(const char *file, char name[MODEL_NAME_MAX + 1]) {
  size_t length = strlen(file) - strlen(FILE_SUFFIX);
  if (length > MODEL_NAME_MAX) return false;
  memcpy(name, file, length);
  name[length] = '\0';
  return model_name_valid(name);
}

static bool is_wanted(const struct look *look, const char *file) {
  char name[MODEL_NAME_MAX + 1];
  if (!look->only) return true;
  for (size_t i = 0; name_of_file(file, name) && i < look->only_count; i++)
    if (strcmp(look->only[i], name) == 0) return true;
  return false;
}

static void take_file(struct look *look, unsigned folder, const char *file, const struct stat *status) {
  const struct entry *old = table_find_file(&look->catalog->table, folder, file);
  struct entry *entry = table_add(&look->next);
  if (!entry) {
    look->failed = true;
    return;
  }
  struct identity identity = {status->st_dev, status->st_ino, status->st_size, status->st_mtim};
  *entry = (struct entry){.folder = folder, .identity = identity};
  snprintf(entry->file, sizeof entry->file, "%s", file);
  bool named = name_of_file(file, entry->name);
  if (old) {
    memcpy(entry->swaps, old->swaps, sizeof entry->swaps);
    entry->problem = old->problem;
    entry->opened = old->opened;
    entry->lost = old->lost;
    if (old->model) entry->model = model_acquire(old->model);
  }
  bool lost_now = entry->model && model_lost(entry->model);
  if (lost_now) lose(look, entry);
  if (!named) {
    entry->name[0] = '\0';
    if (old) return;
    char text[FILE_NAME_SIZE + 160];
    snprintf(text, sizeof text, "'%s' is ignored: " MODEL_NAME_RULE, file);
    look->changed = true;
    report(look, true, "", text);
  } else if (!old || lost_now || !same_identity(&old->identity, &identity)) {
    look->changed = true;
    open_entry(look, entry, NULL);
  } else if (look->insist ? old->problem.status != STATUS_OK : may_pass(old->problem.status)) {
    open_entry(look, entry, &old->problem);
  }
}

static bool is_candidate(const char *file) {
  size_t length = strlen(file);
  return file[0] != '.' && length > strlen(FILE_SUFFIX) && length < FILE_NAME_SIZE &&
         strcmp(file + length - strlen(FILE_SUFFIX), FILE_SUFFIX) == 0;
}

/* What is served of a file that cannot be looked at stays. */
static void keep_entry(struct look *look, const struct entry *old) {
  struct entry *entry = table_add(&look->next);
  if (!entry) {
    look->failed = true;
    return;
  }
  *entry = *old;
  if (entry->model) model_acquire(entry->model);
}

/* The file is in the folder, but the system says nothing of it. */
static void keep_file(struct look *look, unsigned folder, const char *file, int error) {
  const struct entry *old = table_find_file(&look->catalog->table, folder, file);
  char text[FILE_NAME_SIZE + 160], reason[128];
  snprintf(text, sizeof text, "'%s' cannot be examined: %s", file, strerror_r(error, reason, sizeof reason));
  report(look, true, "", text);
  if (old) keep_entry(look, old);
}

/* The folder cannot be read, or not to its end. One that is not there holds no models; else what is served from it
 * stays. */
static void keep_folder(struct look *look, unsigned folder, int error) {
  struct catalog *catalog = look->catalog;
  if (!catalog->reported_folder[folder]) {
    char text[512], reason[128];
    if (error == ENOENT)
      snprintf(text, sizeof text, "the store's folder %.300s is not there yet; an import makes it",
               catalog->folders[folder]);
    else
      snprintf(text, sizeof text, "cannot read the store's folder %.300s: %s", catalog->folders[folder],
               strerror_r(error, reason, sizeof reason));
    report(look, error != ENOENT, "", text); /* a store that is to come is no failure */
    catalog->reported_folder[folder] = true;
  }
  if (error == ENOENT) return;
  for (size_t i = 0; i < catalog->table.count; i++) {
    const struct entry *old = &catalog->table.entries[i];
    if (old->folder == folder && !table_find_file(&look->next, folder, old->file)) keep_entry(look, old);
  }
}

static void look_at_folder(struct look *look, unsigned folder) {
  struct catalog *catalog = look->catalog;
  DIR *directory = opendir(catalog->folders[folder]);
  if (!directory) {
    keep_folder(look, folder, errno);
    return;
  }
  const struct dirent *item;
  while (errno = 0, (item = readdir(directory))) {
    struct stat status;
    if (!is_candidate(item->d_name) || !is_wanted(look, item->d_name)) continue;
    int error = fstatat(dirfd(directory), item->d_name, &status, 0) == 0 ? 0 : errno;
    /* A link to nothing, or what is no file at all, is for opening it to say. One that is gone since is absent. */
    if ((error == ENOENT || error == ELOOP) &&
        fstatat(dirfd(directory), item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
      error = 0;
    if (error == 0)
      take_file(look, folder, item->d_name, &status);
    else if (error != ENOENT && error != ELOOP)
      keep_file(look, folder, item->d_name, error);
  }
  int error = errno;
  closedir(directory);
  if (error != 0)
    keep_folder(look, folder, error);
  else
    catalog->reported_folder[folder] = false;
}

static size_t count_served(const struct table *table) {
  size_t served = 0;
  for (size_t i = 0; i < table->count; i++) served += table->entries[i].model != NULL;
  return served;
}

static void report_removed(struct look *look) {
  const struct table *table = &look->catalog->table;
  for (size_t i = 0; i < table->count; i++) {
    const struct entry *entry = &table->entries[i];
    if (table_find_file(&look->next, entry->folder, entry->file)) continue;
    look->changed = true;
    if (!entry->model) continue;
    look->swaps[CATALOG_REMOVED]++;
    report(look, false, entry->name, "removed");
  }
}

/* The table that was built becomes the one that is served; the old one is left in its place, to be released. */
static void swap_tables(struct look *look) {
  struct catalog *catalog = look->catalog;
  struct table *next = &look->next;
  if (next->count > 1) qsort(next->entries, next->count, sizeof *next->entries, compare_entries);
  next->served = count_served(next);
  pthread_mutex_lock(&catalog->lock);
  struct table old = catalog->table;
  catalog->table = *next;
  for (unsigned i = 0; i < CATALOG_SWAPS; i++) catalog->swaps[i] += look->swaps[i];
  pthread_mutex_unlock(&catalog->lock);
  *next = old;
}

static void look_around(struct look *look) {
  struct catalog *catalog = look->catalog;
  look_at_folder(look, 0);
  if (catalog->folders[1] && count_served(&look->next) == 0) {
    look_at_folder(look, 1);
  } else {
    free(catalog->folders[1]);
    catalog->folders[1] = NULL;
  }
  if (look->failed) {
    report(look, true, "", "out of memory while looking at the store");
  } else {
    report_removed(look);
    if (look->changed) swap_tables(look);
  }
  atomic_store(&catalog->looked, true);
  news_tell(&look->news, look->event, look->context); /* whoever reads the log may ask at once */
  table_release(&look->next);
}

size_t catalog_refresh(struct catalog *catalog, bool insist, catalog_event *event, void *context) {
  struct look look = {.catalog = catalog, .insist = insist, .event = event, .context = context};
  look_around(&look);
  return look.failed ? 0 : look.lost; /* what failed comes again */
}

void catalog_open_only(struct catalog *catalog, const char *const *names, size_t count, catalog_event *event,
                       void *context) {
  look_around(
      &(struct look){.catalog = catalog, .only = names, .only_count = count, .event = event, .context = context});
}

/* Appends the names of the models in a folder. One that is not there has none. */
static enum status read_names(const char *folder, char (**names)[MODEL_NAME_MAX + 1], size_t *count) {
  DIR *directory = opendir(folder);
  if (!directory) return errno == ENOENT ? STATUS_OK : STATUS_IO;
  enum status status = STATUS_OK;
  const struct dirent *item;
  while (status == STATUS_OK && (errno = 0, item = readdir(directory))) {
    char name[MODEL_NAME_MAX + 1];
    if (!is_candidate(item->d_name) || !name_of_file(item->d_name, name)) continue;
    char(*more)[MODEL_NAME_MAX + 1] = reallocarray(*names, *count + 1, sizeof *more);
    if (!more) {
      status = STATUS_NO_MEMORY;
      break;
    }
    *names = more;
    memcpy(more[(*count)++], name, sizeof name);
  }
  int error = errno;
  if (status == STATUS_OK && error != 0) status = STATUS_IO;
  closedir(directory);
  errno = error;
  return status;
}

static int compare_names(const void *left, const void *right) {
  return strcmp(left, right);
}

enum status catalog_names(const struct catalog *catalog, char (**names)[MODEL_NAME_MAX + 1], size_t *count) {
  char(*found)[MODEL_NAME_MAX + 1] = NULL;
  size_t found_count = 0;
  enum status status = STATUS_OK;
  for (unsigned i = 0; i < FOLDERS && found_count == 0 && status == STATUS_OK; i++)
    if (catalog->folders[i]) status = read_names(catalog->folders[i], &found, &found_count);
  if (status != STATUS_OK) {
    free(found);
    return status;
  }
  if (found_count > 1) qsort(found, found_count, sizeof *found, compare_names);
  *names = found;
  *count = found_count;
  return STATUS_OK;
}

bool catalog_looked(const struct catalog *catalog) {
  return atomic_load(&catalog->looked);
}

static int compare_name(const void *name, const void *entry) {
  return strcmp(name, ((const struct entry *)entry)->name);
}

/* A model is served until it is lost, which the next look finds out. */
static struct model *acquire(const struct entry *entry) {
  return model_lost(entry->model) ? NULL : model_acquire(entry->model);
}

struct model *catalog_acquire(struct catalog *catalog, const char *name) {
  struct model *model = NULL;
  pthread_mutex_lock(&catalog->lock);
  const struct table *table = &catalog->table;
  const struct entry *entry =
      table->served ? bsearch(name, table->entries, table->served, sizeof *table->entries, compare_name) : NULL;
  if (entry) model = acquire(entry);
  pthread_mutex_unlock(&catalog->lock);
  return model;
}

bool catalog_lost(struct catalog *catalog, const char *name) {
  bool lost = false;
  pthread_mutex_lock(&catalog->lock);
  for (size_t i = 0; i < catalog->table.count && !lost; i++) {
    const struct entry *entry = &catalog->table.entries[i];
    bool meant = !name || strcmp(entry->name, name) == 0;
    lost = meant && (entry->model ? model_lost(entry->model) : entry->lost);
  }
  pthread_mutex_unlock(&catalog->lock);
  return lost;
}

struct model *catalog_acquire_only(struct catalog *catalog, char name[MODEL_NAME_MAX + 1]) {
  struct model *model = NULL;
  pthread_mutex_lock(&catalog->lock);
  if (catalog->table.served == 1) {
    model = acquire(&catalog->table.entries[0]);
    memcpy(name, catalog->table.entries[0].name, MODEL_NAME_MAX + 1);
  }
  pthread_mutex_unlock(&catalog->lock);
  return model;
}

enum status catalog_list(struct catalog *catalog, struct catalog_entry **entries, size_t *count) {
  pthread_mutex_lock(&catalog->lock);
  size_t served = catalog->table.served;
  struct catalog_entry *list = calloc(served + 1, sizeof *list); /* never of 0, whose result may be NULL */
  size_t listed = 0;
  for (size_t i = 0; list && i < served; i++) {
    memcpy(list[listed].name, catalog->table.entries[i].name, sizeof list[listed].name);
    list[listed].model = acquire(&catalog->table.entries[i]);
    listed += list[listed].model != NULL;
  }
  pthread_mutex_unlock(&catalog->lock);
  if (!list) return STATUS_NO_MEMORY;
  *entries = list;
  *count = listed;
  return STATUS_OK;
}

void catalog_list_free(struct catalog_entry *entries, size_t count) {
  for (size_t i = 0; i < count; i++) model_drop(entries[i].model);
  free(entries);
}

void catalog_swaps(struct catalog *catalog, uint64_t swaps[CATALOG_SWAPS]) {
  pthread_mutex_lock(&catalog->lock);
  memcpy(swaps, catalog->swaps, sizeof catalog->swaps);
  pthread_mutex_unlock(&catalog->lock);
}

enum status catalog_models(struct catalog *catalog, struct catalog_model **models, size_t *count) {
  pthread_mutex_lock(&catalog->lock);
  const struct table *table = &catalog->table;
  struct catalog_model *list = calloc(table->count + 1, sizeof *list);
  size_t listed = 0;
  for (size_t i = 0; list && i < table->count; i++) {
    const struct entry *entry = &table->entries[i];
    if (entry->name[0] == '\0') continue; /* of a file that can be no model's */
    struct catalog_model *model = &list[listed++];
    memcpy(model->name, entry->name, sizeof model->name);
    memcpy(model->swaps, entry->swaps, sizeof model->swaps);
    model->model = entry->model ? model_acquire(entry->model) : NULL;
  }
  pthread_mutex_unlock(&catalog->lock);
  if (!list) return STATUS_NO_MEMORY;
  *models = list;
  *count = listed;
  return STATUS_OK;
}

void catalog_models_free(struct catalog_model *models, size_t count) {
  for (size_t i = 0; i < count; i++) model_drop(models[i].model);
  free(models);
}

size_t catalog_count(struct catalog *catalog) {
  pthread_mutex_lock(&catalog->lock);
  size_t count = 0;
  for (size_t i = 0; i < catalog->table.served; i++) count += !model_lost(catalog->table.entries[i].model);
  pthread_mutex_unlock(&catalog->lock);
  return count;
}
