/* What is known of models, as text or tsv: the answers of /models/NAME. */
#ifndef WORDVEC_SERVER_RENDER_MODEL_H
#define WORDVEC_SERVER_RENDER_MODEL_H

#include "server/render.h"
#include "server/sheet.h"

enum { RENDER_MODEL_COLUMNS = 5 };

/* A line of a list of models: name, rows, dim, bytes, digest. Adds its cells. */
void render_model_heads(struct sheet *sheet);
enum render_outcome render_model_line(const struct render *render, struct sheet *sheet, const struct json_t *model);

/* Everything, a line each. */
enum render_outcome render_model(const struct render *render, const struct json_t *model);

#endif
