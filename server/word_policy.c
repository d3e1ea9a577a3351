/* The names of the policies, as requests give them. */
#include "server/word_policy.h"

void word_policy_read_oov(struct params *params, struct word_policy *policy) {
  static const char *const names[OOV_COUNT] = {"error", "null", "zero", "unk", "mean", "subword"};
  size_t oov = policy->oov;
  policy->said |= params_choice(params, "oov", names, OOV_COUNT, &oov);
  policy->oov = (enum oov_policy)oov;
}

void word_policy_read(struct params *params, struct word_policy *policy) {
  static const char *const names[CASE_COUNT] = {"exact", "fallback", "fold"};
  size_t letter_case = policy->letter_case;
  word_policy_read_oov(params, policy);
  policy->said |= params_choice(params, "case", names, CASE_COUNT, &letter_case);
  policy->letter_case = (enum case_policy)letter_case;
}
