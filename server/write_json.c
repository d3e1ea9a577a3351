/* The shapes of the answers: which keys, in which order. How values become text is json_text's business. */
#include "server/write_json.h"

#include <string.h>
#include <time.h>

#include "server/write_parts.h"

enum status write_json_row(struct bytes *out, const struct row_result *result) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_expect(&text, 256 + result->word.length + (result->with_vector ? json_text_vector_size(result->dim) : 0));
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  write_word(&text, "word", "word_bytes", result->word);
  json_text_key(&text, "index");
  write_row_number(&text, result->found.row);
  if (result->with_source) {
    json_text_key(&text, "source");
    write_source(&text, result->found.by);
  }
  if (result->matched.bytes) write_word(&text, "matched", "matched_bytes", result->matched);
  if (result->with_vector) {
    write_unsigned(&text, "dim", result->dim);
    json_text_key(&text, "vector");
    write_found(&text, &result->cached, &result->found, result->dim);
  }
  json_text_close(&text, '}');
  return json_text_end(&text);
}

/* Writes one cell of a grid. */
typedef void grid_cell(struct json_text *text, const struct grid_result *grid, const struct found *cell);

static void cell_vector(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  write_found(text, &grid->cached, cell, grid->dim);
}

static void cell_index(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  if (!grid->keras)
    write_row_number(text, cell->row);
  else if (!found_itself(cell))
    json_text_unsigned(text, cell->by == FOUND_PADDING ? KERAS_PADDING : KERAS_UNKNOWN);
  else if (cell->row == FOUND_NO_ROW) /* of several models */
    json_text_null(text);
  else
    json_text_unsigned(text, (uint64_t)cell->row + KERAS_ROWS_FROM);
}

static void cell_found(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  (void)grid;
  json_text_bool(text, found_itself(cell));
}

static void cell_source(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  (void)grid;
  write_source(text, cell->by);
}

static void cell_mask(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  (void)grid;
  json_text_bool(text, cell->by != FOUND_PADDING);
}

static void cell_matched(struct json_text *text, const struct grid_result *grid, const struct found *cell) {
  write_matched(text, grid->matched, cell);
}

/* The whole grid under `key`, as an array of cells or of lines of cells. */
static void write_cells(struct json_text *text, const char *key, const struct grid_result *grid, grid_cell *write) {
  json_text_key(text, key);
  json_text_open(text, '[');
  for (size_t line = 0; line < grid->count; line++) {
    if (grid->two_dimensional) json_text_open(text, '[');
    for (size_t i = 0; i < grid->width; i++) write(text, grid, &grid->cells[line * grid->width + i]);
    if (grid->two_dimensional) json_text_close(text, ']');
  }
  json_text_close(text, ']');
}

static void write_shape(struct json_text *text, const struct grid_result *grid) {
  json_text_key(text, "shape");
  json_text_open(text, '[');
  json_text_unsigned(text, grid->count);
  if (grid->two_dimensional) json_text_unsigned(text, grid->width);
  json_text_unsigned(text, grid->dim);
  json_text_close(text, ']');
}

enum status write_json_grid(struct bytes *out, const struct grid_result *result) {
  enum { CELL_EXTRAS = 20 /* bytes of index, found and mask */ };
  struct json_text text;
  json_text_init(&text, out);
  json_text_expect(&text, 512 + result->count * 16 +
                              result->count * result->width * (json_text_vector_size(result->dim) + CELL_EXTRAS));
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  write_shape(&text, result);
  write_cells(&text, "vectors", result, cell_vector);
  if (result->by_words) {
    write_cells(&text, "indices", result, cell_index);
    write_cells(&text, "found", result, cell_found);
  }
  if (result->with_sources) write_cells(&text, "sources", result, cell_source);
  if (result->matched) write_cells(&text, "matched", result, cell_matched);
  if (result->two_dimensional) {
    write_cells(&text, "mask", result, cell_mask);
    json_text_key(&text, "lengths");
    json_text_open(&text, '[');
    for (size_t line = 0; line < result->count; line++) json_text_unsigned(&text, result->lengths[line]);
    json_text_close(&text, ']');
  }
  json_text_close(&text, '}');
  return json_text_end(&text);
}

/* `suggests`: an unknown word always has its suggestions, also when nothing is spelt nearly as it. */
static void write_problem(struct json_text *text, const struct refusal *refusal, bool suggests) {
  const struct refusal_type *type = refusal_type_of(refusal->kind);
  char uri[64] = "/problems/";
  size_t length = strlen(uri);
  for (const char *code = type->code; *code && length + 1 < sizeof uri; code++)
    uri[length++] = *code == '_' ? '-' : *code;
  uri[length] = '\0';
  json_text_open(text, '{');
  write_terminated(text, "type", uri);
  write_terminated(text, "title", type->title);
  write_unsigned(text, "status", type->http_status);
  write_terminated(text, "detail", refusal->detail);
  write_terminated(text, "code", type->code);
  if (refusal->suggestion_count > 0 || (suggests && refusal->kind == REFUSAL_NO_WORD)) {
    json_text_key(text, "suggestions");
    json_text_open(text, '[');
    for (size_t i = 0; i < refusal->suggestion_count; i++) json_text_terminated(text, refusal->suggestions[i]);
    json_text_close(text, ']');
  }
  if (refusal->error_count > 0) {
    json_text_key(text, "errors");
    json_text_open(text, '[');
    for (size_t i = 0; i < refusal->error_count; i++) {
      json_text_open(text, '{');
      write_terminated(text, "pointer", refusal->errors[i].pointer);
      write_terminated(text, "detail", refusal->errors[i].detail);
      json_text_close(text, '}');
    }
    json_text_close(text, ']');
  }
  json_text_close(text, '}');
}

enum status write_json_problem(struct bytes *out, const struct refusal *refusal) {
  struct json_text text;
  json_text_init(&text, out);
  write_problem(&text, refusal, true);
  return json_text_end(&text);
}

/* "recall": an object for each width; none without a graph, as every answer is exact then. */
static void write_recall(struct json_text *text, const struct recall_table *recall) {
  json_text_key(text, "recall");
  json_text_open(text, '[');
  for (uint32_t i = 0; recall && i < recall->count; i++) {
    json_text_open(text, '{');
    write_unsigned(text, "width", recall->steps[i].width);
    write_double(text, "at_1", recall->steps[i].at_1);
    write_double(text, "at_10", recall->steps[i].at_10);
    write_double(text, "at_100", recall->steps[i].at_100);
    json_text_close(text, '}');
  }
  json_text_close(text, ']');
}

static void write_neighbors(struct json_text *text, const struct neighbors_answer *answer,
                            const struct neighbors_result *result) {
  json_text_open(text, '{');
  if (result->error) {
    json_text_key(text, "error");
    write_problem(text, result->error, false); /* a batch does not look for spellings */
    json_text_close(text, '}');
    return;
  }
  write_terminated(text, "model", answer->model);
  if (result->expression.bytes) write_word(text, "expression", "expression_bytes", result->expression);
  write_terminated(text, "metric", result->product ? "cosmul" : "cosine");
  json_text_key(text, "exact");
  json_text_bool(text, result->recall == 0);
  if (result->recall > 0) write_double(text, "recall", result->recall);
  write_sources(text, &result->sources);
  json_text_key(text, "neighbors");
  write_hits(text, answer->vocabulary, answer->join, result->hits, result->count);
  json_text_close(text, '}');
}

enum status write_json_neighbors(struct bytes *out, const struct neighbors_answer *answer) {
  enum { HIT_SIZE = 72, RESULT_SIZE = 96 };
  struct json_text text;
  json_text_init(&text, out);
  size_t hits = 0;
  for (size_t i = 0; i < answer->count; i++) hits += answer->results[i].count;
  json_text_expect(&text, 256 + answer->count * RESULT_SIZE + hits * HIT_SIZE);
  if (!answer->batch) {
    write_neighbors(&text, answer, answer->results);
    return json_text_end(&text);
  }
  json_text_open(&text, '{');
  write_terminated(&text, "model", answer->model);
  json_text_key(&text, "results");
  json_text_open(&text, '[');
  for (size_t i = 0; i < answer->count; i++) write_neighbors(&text, answer, &answer->results[i]);
  json_text_close(&text, ']');
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_json_words(struct bytes *out, const struct words_result *result) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "model", result->model);
  json_text_key(&text, "words");
  json_text_open(&text, '[');
  for (size_t i = 0; i < result->count; i++) {
    json_text_open(&text, '{');
    write_word_and_index(&text, result->vocabulary, result->rows[i]);
    json_text_close(&text, '}');
  }
  json_text_close(&text, ']');
  if (result->more && result->count > 0)
    write_word(&text, "next", "next_bytes", vocabulary_word(result->vocabulary, result->rows[result->count - 1]));
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_json_models(struct bytes *out, const struct catalog_entry *entries, size_t count) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  json_text_key(&text, "models");
  json_text_open(&text, '[');
  for (size_t i = 0; i < count; i++) {
    const struct model_info *info = model_info(entries[i].model);
    json_text_open(&text, '{');
    write_terminated(&text, "name", entries[i].name);
    write_unsigned(&text, "rows", info->rows);
    write_unsigned(&text, "dim", info->dim);
    write_recall(&text, info->recall);
    json_text_close(&text, '}');
  }
  json_text_close(&text, ']');
  json_text_close(&text, '}');
  return json_text_end(&text);
}

/* A number that is not known as 0. */
static void write_unsigned_or_null(struct json_text *text, const char *key, uint64_t value) {
  if (value > 0) {
    write_unsigned(text, key, value);
    return;
  }
  write_or_null(text, key, NULL);
}

/* Seconds since 1970 as ISO 8601 in UTC; null for a time that no calendar has. */
static void write_time(struct json_text *text, const char *key, int64_t seconds) {
  char date[64];
  struct tm parts;
  time_t time = (time_t)seconds;
  bool known = gmtime_r(&time, &parts) && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0;
  write_or_null(text, key, known ? date : NULL);
}

static void write_skipped(struct json_text *text, const uint64_t *skipped) {
  json_text_key(text, "skipped");
  json_text_open(text, '{');
  for (int skip = 0; skip < SKIP_COUNT; skip++) write_unsigned(text, skip_name((enum skip)skip), skipped[skip]);
  json_text_close(text, '}');
}

static void write_graph(struct json_text *text, const struct import_graph_report *graph) {
  json_text_key(text, "graph");
  if (!graph->made) {
    json_text_null(text);
    return;
  }
  json_text_open(text, '{');
  write_unsigned(text, "bytes", graph->bytes);
  write_unsigned(text, "temporary_bytes", graph->temporary_bytes);
  write_unsigned(text, "private_bytes", graph->private_bytes);
  write_double(text, "build_seconds", graph->build_seconds);
  write_double(text, "seconds", graph->seconds);
  write_recall(text, &graph->recall);
  json_text_close(text, '}');
}

/* "subwords": null without; "rows" only where they are not as many as buckets. */
static void write_subwords(struct json_text *text, const struct subwords *subwords) {
  if (!subwords) {
    write_or_null(text, "subwords", NULL);
    return;
  }
  json_text_key(text, "subwords");
  json_text_open(text, '{');
  write_unsigned(text, "min", subwords->min);
  write_unsigned(text, "max", subwords->max);
  write_unsigned(text, "buckets", subwords->buckets);
  if (subwords->pruned) write_unsigned(text, "rows", subwords->count);
  json_text_close(text, '}');
}

enum status write_json_model(struct bytes *out, const char *name, const struct model_info *info) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "name", name);
  write_unsigned(&text, "rows", info->rows);
  write_unsigned(&text, "dim", info->dim);
  write_terminated(&text, "source", info->source);
  write_terminated(&text, "source_format", info->source_format);
  write_terminated(&text, "digest", info->digest);
  write_unsigned(&text, "format_version", info->format_version);
  write_time(&text, "imported_at", info->imported_at);
  write_unsigned(&text, "file_size", info->file_size);
  write_unsigned_or_null(&text, "declared_rows", info->declared_rows);
  write_skipped(&text, info->skipped);
  write_recall(&text, info->recall);
  write_subwords(&text, info->subwords);
  json_text_close(&text, '}');
  return json_text_end(&text);
}

static void write_first_skipped(struct json_text *text, const struct import_report *report) {
  json_text_key(text, "skipped");
  json_text_open(text, '{');
  for (int skip = 0; skip < SKIP_COUNT; skip++) {
    const char *first = report->first_skipped[skip];
    json_text_key(text, skip_name((enum skip)skip));
    json_text_open(text, '{');
    write_unsigned(text, "count", report->skipped[skip]);
    write_or_null(text, "first", first[0] ? first : NULL);
    json_text_close(text, '}');
  }
  json_text_close(text, '}');
}

enum status write_json_report(struct bytes *out, const struct import_report *report) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "name", report->name);
  write_terminated(&text, "path", report->path);
  write_terminated(&text, "source_format", report->source_format);
  write_unsigned(&text, "rows", report->rows);
  write_unsigned(&text, "dim", report->dim);
  write_unsigned_or_null(&text, "declared_rows", report->declared_rows);
  write_first_skipped(&text, report);
  write_unsigned(&text, "warnings", report->warnings);
  write_unsigned(&text, "bytes_read", report->bytes_read);
  write_unsigned(&text, "text_bytes", report->text_bytes);
  write_unsigned(&text, "file_size", report->file_size);
  write_graph(&text, &report->graph);
  write_double(&text, "seconds", report->seconds);
  write_double(&text, "mb_per_second", report->mb_per_second);
  write_terminated(&text, "digest", report->digest);
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_json_info(struct bytes *out, const struct service_info *info) {
  const struct limits *limits = info->limits;
  const struct {
    const char *key;
    size_t value;
  } shown[] = {
      {"body_bytes", limits->body_bytes},
      {"answer_floats", limits->answer_floats},
      {"matrix_words", limits->matrix_words},
      {"matrix_body_bytes", limits->matrix_body_bytes},
      {"batch_queries", limits->batch_queries},
      {"k", limits->k},
      {"json_depth", limits->json_depth},
      {"url_bytes", limits->url_bytes},
      {"query_arguments", limits->query_arguments},
      {"parsing_bytes", limits->parsing_bytes},
      {"answer_bytes", limits->answer_bytes},
      {"connections", limits->connections},
      {"words", limits->words},
      {"text_cache_bytes", limits->text_cache_bytes},
      {"search_threads", limits->search_threads},
      {"search_batch", limits->search_batch},
      {"search_queue", limits->search_queue},
      {"search_timeout_seconds", limits->search_timeout_seconds},
      {"timeout_seconds", limits->timeout_seconds},
      {"drain_delay_seconds", limits->drain_delay_seconds},
      {"drain_timeout_seconds", limits->drain_timeout_seconds},
  };
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "name", "wordvec");
  write_terminated(&text, "version", info->version);
  json_text_key(&text, "build");
  json_text_open(&text, '{');
  write_terminated(&text, "commit", info->build);
  write_terminated(&text, "compiler", info->compiler);
  write_terminated(&text, "architecture", info->architecture);
  json_text_close(&text, '}');
  write_terminated(&text, "kernel", info->kernel);
  write_or_null(&text, "default_model", info->default_model);
  json_text_key(&text, "default_recall");
  if (info->default_recall > 0)
    json_text_double(&text, info->default_recall);
  else
    json_text_null(&text);
  write_unsigned(&text, "models", info->models);
  json_text_key(&text, "limits");
  json_text_open(&text, '{');
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) write_unsigned(&text, shown[i].key, shown[i].value);
  json_text_close(&text, '}');
  json_text_close(&text, '}');
  return json_text_end(&text);
}
