/* The names of the policies, as requests give them. */
#include "server/word_policy.h"

void word_policy_read(struct params *params, struct word_policy *policy) {
  static const char *const oov_names[OOV_COUNT] = {"error", "null", "zero", "unk", "mean", "subword"};
  static const char *const case_names[CASE_COUNT] = {"exact", "fallback", "fold"};
  size_t oov = policy->oov, letter_case = policy->letter_case;
  bool has_oov = params_choice(params, "oov", oov_names, OOV_COUNT, &oov);
  bool has_case = params_choice(params, "case", case_names, CASE_COUNT, &letter_case);
  policy->oov = (enum oov_policy)oov;
  policy->letter_case = (enum case_policy)letter_case;
  policy->said |= has_oov || has_case;
}
