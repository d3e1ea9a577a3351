/* Lines about models. */
#include "server/render_model.h"

#include <jansson.h>
#include <string.h>

enum { LABEL_SIZE = 64, VALUE_SIZE = 160 };

static enum render_outcome unexpected(const struct render *render) {
  fprintf(stderr, "wordvec %s: the answer is not what is known of a model: is it wordvec?\n", render->command);
  return RENDER_BROKEN;
}

void render_model_heads(struct sheet *sheet) {
  static const char *const heads[RENDER_MODEL_COLUMNS] = {"NAME", "ROWS", "DIM", "BYTES", "DIGEST"};
  for (size_t i = 0; i < RENDER_MODEL_COLUMNS; i++) sheet_head(sheet, heads[i], i > 0 && i < RENDER_MODEL_COLUMNS - 1);
}

enum render_outcome render_model_line(const struct render *render, struct sheet *sheet, const json_t *model) {
  const char *name, *digest;
  size_t rows, dim, size;
  if (!answer_text(model, "name", &name) || !answer_size(model, "rows", &rows) || !answer_size(model, "dim", &dim) ||
      !answer_size(model, "file_size", &size) || !answer_text(model, "digest", &digest))
    return unexpected(render);
  sheet_text(sheet, name);
  sheet_size(sheet, rows);
  sheet_size(sheet, dim);
  sheet_size(sheet, size);
  sheet_text(sheet, digest);
  return RENDER_COMPLETE;
}

/* ---- One model */

static void add(struct sheet *sheet, const char *label, const char *value) {
  sheet_text(sheet, label);
  sheet_text(sheet, value);
}

static void add_size(struct sheet *sheet, const char *label, size_t value) {
  char text[VALUE_SIZE];
  snprintf(text, sizeof text, "%zu", value);
  add(sheet, label, text);
}

/* The member as it is, if it is there. */
static void add_member(struct sheet *sheet, const char *label, const json_t *model, const char *name) {
  const char *text;
  size_t size;
  if (answer_text(model, name, &text)) add(sheet, label, text);
  if (answer_size(model, name, &size)) add_size(sheet, label, size);
}

static void add_skipped(struct sheet *sheet, json_t *skipped) {
  const char *name;
  json_t *count;
  json_object_foreach(skipped, name, count) {
    char label[LABEL_SIZE];
    snprintf(label, sizeof label, "skipped %s", name);
    if (json_is_integer(count) && json_integer_value(count) > 0)
      add_size(sheet, label, (size_t)json_integer_value(count));
  }
}

static void add_subwords(struct sheet *sheet, const json_t *subwords) {
  size_t least, most, buckets, kept;
  char text[VALUE_SIZE];
  if (!answer_size(subwords, "min", &least) || !answer_size(subwords, "max", &most) ||
      !answer_size(subwords, "buckets", &buckets))
    return;
  int used = snprintf(text, sizeof text, "%zu to %zu characters, %zu buckets", least, most, buckets);
  if (answer_size(subwords, "rows", &kept))
    snprintf(text + used, sizeof text - (size_t)used, ", %zu of them kept", kept);
  add(sheet, "subwords", text);
}

/* Of searches through the graph, at each width. */
static void add_recall(struct sheet *sheet, const json_t *recall) {
  for (size_t i = 0; i < json_array_size(recall); i++) {
    const json_t *step = json_array_get(recall, i);
    size_t width;
    double at[3];
    char label[LABEL_SIZE], text[VALUE_SIZE];
    if (!answer_size(step, "width", &width) || !answer_number(step, "at_1", &at[0]) ||
        !answer_number(step, "at_10", &at[1]) || !answer_number(step, "at_100", &at[2]))
      continue;
    snprintf(label, sizeof label, "recall, width %zu", width);
    snprintf(text, sizeof text, "@1 %.4f, @10 %.4f, @100 %.4f", at[0], at[1], at[2]);
    add(sheet, label, text);
  }
}

enum render_outcome render_model(const struct render *render, const json_t *model) {
  static const char *const first[][2] = {{"name", "name"},
                                         {"rows", "rows"},
                                         {"dim", "dim"},
                                         {"digest", "digest"},
                                         {"source", "source"},
                                         {"source format", "source_format"},
                                         {"declared rows", "declared_rows"},
                                         {"imported", "imported_at"}};
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, 2);
  for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) add_member(&sheet, first[i][0], model, first[i][1]);
  add_skipped(&sheet, json_object_get(model, "skipped"));
  add_subwords(&sheet, json_object_get(model, "subwords"));
  add_recall(&sheet, json_object_get(model, "recall"));
  add_member(&sheet, "file size", model, "file_size");
  add_member(&sheet, "format version", model, "format_version");
  bool named = json_is_string(json_object_get(model, "name"));
  enum render_outcome outcome = named && sheet_print(&sheet) ? RENDER_COMPLETE : unexpected(render);
  sheet_release(&sheet);
  return outcome;
}
