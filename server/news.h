/* Lines for the log that wait until what they say is true for everybody: a model is told to be served when it can be
 * asked. */
#ifndef WORDVEC_SERVER_NEWS_H
#define WORDVEC_SERVER_NEWS_H

#include <stdbool.h>

/* One of them: `model` is its name, or "". */
typedef void news_event(void *context, bool failed, const char *model, const char *text);

struct news_item;

/* All zero: none. */
struct news {
  struct news_item *first, **end;
};

/* Keeps a copy for news_tell(). False without memory: then it should be told at once, for it is not kept. */
bool news_add(struct news *news, bool failed, const char *model, const char *text);

/* Tells all in the order in which they came, and forgets them. `event` may be NULL. */
void news_tell(struct news *news, news_event *event, void *context);

#endif
