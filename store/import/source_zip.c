/* One file of a zip archive, by libzip. Folders, and the shadow files that macOS adds, are not files to choose from. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "store/import/encoding.h"
#include "store/import/stream.h"

enum { SHOWN = 200 /* bytes of a member's name in a text */ };

struct zip_stream {
  struct zip *archive;
  struct zip_file *file;
  const char *label; /* of the archive; borrowed */
  char *member;
  char shown[SHOWN]; /* as it may be printed: names are anybody's bytes */
  uint64_t size;
  uint64_t stored_size;
  uint64_t read;
};

static enum status no_memory(const char *label, struct problem *problem) {
  return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", label);
}

static enum status open_archive(const struct stored *stored, struct problem *problem, struct zip **out) {
  int fd = dup(stored->fd); /* libzip closes the one that it gets */
  if (fd < 0) return problem_set_errno(problem, errno, "%s: cannot be opened again", stored->label);
  int error = 0;
  struct zip *archive = zip_fdopen(fd, 0, &error);
  if (archive) {
    *out = archive;
    return STATUS_OK;
  }
  close(fd);
  if (error == ZIP_ER_MEMORY) return no_memory(stored->label, problem);
  zip_error_t described;
  zip_error_init_with_code(&described, error);
  problem_set(problem, STATUS_BAD_MATRIX, 0,
              "%s: it begins as a zip archive but has no whole directory at its end (%s): it is cut off or damaged; "
              "fetch or copy it again",
              stored->label, zip_error_strerror(&described));
  zip_error_fini(&described);
  return STATUS_BAD_MATRIX;
}

/* Whether entry `index` is a file that somebody could mean; *name is borrowed from the archive. */
static bool is_choice(struct zip *archive, zip_uint64_t index, const char **name) {
  *name = zip_get_name(archive, index, ZIP_FL_ENC_RAW);
  if (!*name || !**name) return false;
  const char *slash = strrchr(*name, '/');
  const char *base = slash ? slash + 1 : *name;
  return *base && strncmp(*name, "__MACOSX/", 9) != 0 && strcmp(base, ".DS_Store") != 0;
}

/* " a.txt, b/c.txt" and how many more there are, as far as it fits. */
static void list_members(struct zip *archive, char *text, size_t size) {
  size_t used = 0, more = 0;
  text[0] = '\0';
  zip_int64_t count = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < count; i++) {
    const char *name;
    char shown[SHOWN];
    if (!is_choice(archive, (zip_uint64_t)i, &name)) continue;
    encoding_show_name(name, shown, sizeof shown);
    if (more > 0 || used + strlen(shown) + 3 > size - 24)
      more++;
    else
      used += (size_t)snprintf(text + used, size - used, "%s %s", used ? "," : "", shown);
  }
  if (more > 0) snprintf(text + used, size - used, "%s %zu more", used ? " and" : "", more);
}

/* The named member: by its whole name, or by its last component when only one file has it. */
static enum status find_named(struct zip *archive, const char *label, const char *member, struct problem *problem,
                              zip_uint64_t *out) {
  zip_int64_t count = zip_get_num_entries(archive, 0);
  size_t matches = 0;
  for (zip_int64_t i = 0; i < count; i++) {
    const char *name;
    if (!is_choice(archive, (zip_uint64_t)i, &name)) continue;
    const char *slash = strrchr(name, '/');
    bool whole = strcmp(name, member) == 0;
    if (!whole && (!slash || strcmp(slash + 1, member) != 0)) continue;
    if (!whole) matches++;
    if (whole || matches == 1) *out = (zip_uint64_t)i;
    if (whole) return STATUS_OK;
  }
  if (matches == 1) return STATUS_OK;
  char members[320], shown[80];
  encoding_show(member, strlen(member), shown, sizeof shown);
  list_members(archive, members, sizeof members);
  return problem_set(problem, matches ? STATUS_BAD_ARGUMENT : STATUS_NOT_FOUND, 0, "%s: %s %s; it holds%s", label,
                     matches ? "several members have the name" : "there is no member", shown, members);
}

static enum status find_only(struct zip *archive, const char *label, struct problem *problem, zip_uint64_t *out) {
  zip_int64_t count = zip_get_num_entries(archive, 0);
  size_t choices = 0;
  for (zip_int64_t i = 0; i < count; i++) {
    const char *name;
    if (is_choice(archive, (zip_uint64_t)i, &name) && choices++ == 0) *out = (zip_uint64_t)i;
  }
  if (choices == 1) return STATUS_OK;
  if (choices == 0) return problem_set(problem, STATUS_BAD_MATRIX, 0, "%s: the zip archive holds no file", label);
  char members[320];
  list_members(archive, members, sizeof members);
  return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                     "%s: the zip archive holds several files: choose one as %s:MEMBER;%s", label, label, members);
}

static enum status open_member(struct zip_stream *zip, zip_uint64_t index, struct problem *problem) {
  struct zip_stat about;
  if (zip_stat_index(zip->archive, index, ZIP_FL_ENC_RAW, &about) != 0)
    return problem_set(problem, STATUS_BAD_MATRIX, 0, "%s: the zip archive's directory is damaged", zip->label);
  zip->member = strdup(about.name);
  if (!zip->member) return no_memory(zip->label, problem);
  encoding_show_name(zip->member, zip->shown, sizeof zip->shown);
  if ((about.valid & ZIP_STAT_SIZE) == 0 || (about.valid & ZIP_STAT_COMP_SIZE) == 0)
    return problem_set(problem, STATUS_BAD_MATRIX, 0, "%s: the zip archive does not say how long %s is", zip->label,
                       zip->shown);
  zip->size = about.size;
  zip->stored_size = about.comp_size;
  zip->file = zip_fopen_index(zip->archive, index, 0);
  if (zip->file) return STATUS_OK;
  zip_error_t *error = zip_get_error(zip->archive);
  int code = zip_error_code_zip(error);
  if (code == ZIP_ER_MEMORY) return no_memory(zip->label, problem);
  bool foreign = code == ZIP_ER_COMPNOTSUPP || code == ZIP_ER_ENCRNOTSUPP || code == ZIP_ER_NOPASSWD;
  return problem_set(problem, foreign ? STATUS_UNSUPPORTED : STATUS_BAD_MATRIX, 0, "%s:%s cannot be read: %s%s",
                     zip->label, zip->shown, zip_error_strerror(error),
                     foreign ? "; unpack it and import the file" : "");
}

enum status zip_stream_open(const struct stored *stored, const char *member, struct problem *problem,
                            struct zip_stream **out) {
  struct zip_stream *zip = calloc(1, sizeof *zip);
  if (!zip) return no_memory(stored->label, problem);
  zip->label = stored->label;
  zip_uint64_t index = 0;
  enum status status = open_archive(stored, problem, &zip->archive);
  if (status == STATUS_OK)
    status = member ? find_named(zip->archive, stored->label, member, problem, &index)
                    : find_only(zip->archive, stored->label, problem, &index);
  if (status == STATUS_OK) status = open_member(zip, index, problem);
  if (status != STATUS_OK) {
    zip_stream_close(zip);
    return status;
  }
  *out = zip;
  return STATUS_OK;
}

void zip_stream_close(struct zip_stream *zip) {
  if (zip->file) zip_fclose(zip->file);
  if (zip->archive) zip_discard(zip->archive);
  free(zip->member);
  free(zip);
}

enum status zip_stream_read(struct zip_stream *zip, unsigned char *buffer, size_t size, struct problem *problem,
                            size_t *got) {
  zip_int64_t count = zip_fread(zip->file, buffer, size);
  if (count < 0 || (count == 0 && size > 0 && zip->read != zip->size))
    return problem_set(
        problem, STATUS_BAD_MATRIX, 0,
        "%s:%s: the zip archive is cut off or damaged after %llu of %llu bytes (%s); fetch or copy it again",
        zip->label, zip->shown, (unsigned long long)zip->read, (unsigned long long)zip->size,
        count < 0 ? zip_error_strerror(zip_file_get_error(zip->file)) : "it ends early");
  zip->read += (uint64_t)count;
  *got = (size_t)count;
  return STATUS_OK;
}

const char *zip_stream_member(const struct zip_stream *zip) {
  return zip->member;
}

uint64_t zip_stream_stored(const struct zip_stream *zip) {
  if (zip->size == 0) return zip->stored_size;
  return (uint64_t)((double)zip->stored_size * ((double)zip->read / (double)zip->size));
}

uint64_t zip_stream_total(const struct zip_stream *zip) {
  return zip->stored_size;
}
