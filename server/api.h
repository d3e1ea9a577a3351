/* What the handlers share: choosing the model, finding rows, and finishing a reply. */
#ifndef WORDVEC_SERVER_API_H
#define WORDVEC_SERVER_API_H

#include <stdbool.h>
#include <stdint.h>

#include "server/call.h"
#include "server/request.h"
#include "server/result.h"
#include "store/matrix/model.h"

enum { API_MODELS_MAX = 8, API_CHOICE_NAME = API_MODELS_MAX * (MODEL_NAME_MAX + 1) };

/* The model that a request is about, or the models whose vectors it concatenates; held until api_choice_release(). */
struct api_choice {
  struct model *model; /* the first */
  size_t count;        /* of models; 1 but where api_choose_joined() chose */
  struct model *models[API_MODELS_MAX];
  char name[API_CHOICE_NAME]; /* "glove", or "glove,wiki" */
  struct reply *reply;        /* that is told, when they are released, whether one was lost meanwhile; NULL: none */
};

/* Lets the handler answer, and makes of that a 304 where the client has it already. What was made of a file that was
 * lost meanwhile (model_lost()), be it a reply or a refusal, is thrown away and refused: here and nowhere else. */
bool api_answer(handler *handle, const struct call *call, struct reply *reply, struct refusal *refusal);

/* Chooses the model that is asked for (bytes NULL: the default, or the only one), and tags the reply with what its
 * bytes depend on beside the URL. Refusals: REFUSAL_NO_MODEL, REFUSAL_INVALID for several, REFUSAL_MISSING_PARAMETER
 * where several are served, REFUSAL_NOT_READY where none is, REFUSAL_MODEL_LOST. On success the name is noted in
 * *reply, which must live as long as the choice does. False without a refusal: no row need be touched, for the client
 * has the answer, or the call only asks whether it has. */
bool api_choose(const struct call *call, const struct request_common *common, struct reply *reply,
                struct api_choice *choice, struct refusal *refusal);

/* The same, and several models, "glove,wiki": for routes that find words by lookup.h and know no rows. */
bool api_choose_joined(const struct call *call, const struct request_common *common, struct reply *reply,
                       struct api_choice *choice, struct refusal *refusal);

/* Chooses a model to tell about; nothing is tagged. */
bool api_choose_about(const struct call *call, struct word name, struct reply *reply, struct api_choice *choice,
                      struct refusal *refusal);

/* Finishes a JSON reply as api_finish() does, and tags it with a sum of its body: for what is short, and tells more
 * than the contents of models. `choice` NULL: it is about no model. */
bool api_finish_tagged(struct reply *reply, const struct api_choice *choice, enum status status,
                       struct refusal *refusal);

/* The dimensions of all its models together. */
uint32_t api_choice_dim(const struct api_choice *choice);

/* Whether a file of its models was lost: then whatever was read from them is worth nothing. */
bool api_choice_lost(const struct api_choice *choice);

/* Drops the models, and notes in the reply whether one was lost: api_answer() then refuses. */
void api_choice_release(struct api_choice *choice);

/* The row of a word as it is written, for routes that answer with nothing else (lookup.h is for the others);
 * REFUSAL_NO_WORD when it has none, with near spellings if `suggest`. */
bool api_find(const struct api_choice *choice, struct word word, bool suggest, uint32_t *row, struct refusal *refusal);

/* Fills REFUSAL_NO_WORD. */
void api_refuse_word(const struct api_choice *choice, struct word word, bool suggest, struct refusal *refusal);

/* The row of that number: beyond the last one REFUSAL_NO_ROW, or where the number came in a body REFUSAL_INVALID with
 * its pointer. */
bool api_row(const struct api_choice *choice, const struct call *call, uint64_t index, const char *pointer,
             uint32_t *row, struct refusal *refusal);

/* Whether so much work, in multiplications or what takes as long, is done at once: else the reply is postponed, and the
 * handler returns false. */
bool api_stays(const struct call *call, uint64_t work, struct reply *reply);

/* The same of an answer of so many floats. */
bool api_stays_written(const struct call *call, enum representation representation, uint64_t floats,
                       struct reply *reply);

/* Where the texts of the model's rows may be found. */
struct cached_rows api_cached(const struct service *service, const struct api_choice *choice);

/* Finishes a reply whose body was written with this outcome; false, and refused, unless it is STATUS_OK: as impossible
 * when no budget could hold it, as busy when only others are in the way. */
bool api_finish(struct reply *reply, enum representation representation, enum status status, struct refusal *refusal);

/* Writes a grid in its representation and finishes the reply. */
bool api_write_grid(struct reply *reply, const struct grid_result *result, enum representation representation,
                    struct refusal *refusal);

#endif
