/* An amount that many share, such as the memory of all answers in flight: taken before use, given back after. What
 * would pass the limit is refused, so that the sum stays bounded however many ask. Thread-safe. */
#ifndef WORDVEC_STORE_BUDGET_H
#define WORDVEC_STORE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
  size_t limit;
  atomic_size_t used;
  struct budget *within; /* of which this is a share: what is taken here is taken there as well; NULL: of none */
};

bool budget_take(struct budget *budget, size_t amount);      /* false, and nothing taken, when it would pass a limit */
void budget_take_past(struct budget *budget, size_t amount); /* taken even when it passes the limit */
void budget_give(struct budget *budget, size_t amount);

#endif
