/* A list to whose end is added. */
#include "server/news.h"

#include <stdlib.h>
#include <string.h>

struct news_item {
  struct news_item *next;
  bool failed;
  const char *text;
  char model[]; /* and behind it the text */
};

bool news_add(struct news *news, bool failed, const char *model, const char *text) {
  size_t model_size = strlen(model) + 1, text_size = strlen(text) + 1;
  struct news_item *item = malloc(sizeof *item + model_size + text_size);
  if (!item) return false;
  item->next = NULL;
  item->failed = failed;
  memcpy(item->model, model, model_size);
  item->text = memcpy(item->model + model_size, text, text_size);
  *(news->first ? news->end : &news->first) = item;
  news->end = &item->next;
  return true;
}

void news_tell(struct news *news, news_event *event, void *context) {
  struct news_item *item;
  while ((item = news->first)) {
    news->first = item->next;
    if (event) event(context, item->failed, item->model, item->text);
    free(item);
  }
}
