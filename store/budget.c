/* One atomic counter, and those of the budgets around it. */
#include "store/budget.h"

bool budget_take(struct budget *budget, size_t amount) {
  /* Relaxed is enough: the counter guards no other memory. */
  size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);
  do {
    if (used > budget->limit || amount > budget->limit - used) return false;
  } while (!atomic_compare_exchange_weak_explicit(&budget->used, &used, used + amount, memory_order_relaxed,
                                                  memory_order_relaxed));
  if (!budget->within || budget_take(budget->within, amount)) return true;
  atomic_fetch_sub_explicit(&budget->used, amount, memory_order_relaxed);
  return false;
}

void budget_take_past(struct budget *budget, size_t amount) {
  for (; budget; budget = budget->within) atomic_fetch_add_explicit(&budget->used, amount, memory_order_relaxed);
}

void budget_give(struct budget *budget, size_t amount) {
  for (; budget; budget = budget->within) atomic_fetch_sub_explicit(&budget->used, amount, memory_order_relaxed);
}
