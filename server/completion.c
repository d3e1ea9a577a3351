/* What follows a flag or a command is known from the table: one of its choices, a file, a folder, or a model, whose
 * names are those of the files in the store's folder. */
#include "server/completion.h"

#include <string.h>

#include "server/options_table.h"

/* What a value may be. */
enum value_kind { VALUE_NONE, VALUE_ANY, VALUE_CHOICE, VALUE_FILE, VALUE_FOLDER, VALUE_MODEL };

static enum value_kind value_of(const struct flag *flag) {
  if (flag_is_switch(flag->kind)) return VALUE_NONE;
  if (flag->choices) return VALUE_CHOICE;
  if (flag->kind == FLAG_MODEL || strcmp(flag->name, "model") == 0) return VALUE_MODEL;
  if (strcmp(flag->argument, "DIR") == 0) return VALUE_FOLDER;
  if (strcmp(flag->argument, "FILE") == 0) return VALUE_FILE;
  return VALUE_ANY;
}

static enum value_kind operand_of(const struct command_table *command) {
  const char *operand = command->operand;
  if (!operand) return VALUE_NONE;
  if (strstr(operand, "NAME")) return VALUE_MODEL;
  if (strstr(operand, "FILE")) return VALUE_FILE;
  if (strcspn(operand, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(operand)) return VALUE_CHOICE;
  return VALUE_ANY;
}

/* The words of an operand such as "bash|zsh". */
static void print_operand_choices(FILE *out, const char *operand) {
  for (; *operand; operand++) fputc(*operand == '|' ? ' ' : *operand, out);
}

/* ---- bash */

static void print_bash_value(FILE *out, const struct flag *flag) {
  switch (value_of(flag)) {
    case VALUE_CHOICE:
      fputs("_wordvec_words '", out);
      for (size_t i = 0; flag->choices[i]; i++) fprintf(out, "%s%s", i ? " " : "", flag->choices[i]);
      fputs("'", out);
      break;
    case VALUE_FILE: fputs("_wordvec_files -f", out); break;
    case VALUE_FOLDER: fputs("_wordvec_files -d", out); break;
    case VALUE_MODEL: fputs("_wordvec_models", out); break;
    default: fputs(":", out); break;
  }
}

static void print_bash_operand(FILE *out, const struct command_table *command) {
  switch (operand_of(command)) {
    case VALUE_CHOICE:
      fputs("_wordvec_words '", out);
      print_operand_choices(out, command->operand);
      fputs("'", out);
      break;
    case VALUE_FILE: fputs("_wordvec_files -f", out); break;
    case VALUE_MODEL: fputs("_wordvec_models", out); break;
    default: fputs(":", out); break;
  }
}

static void print_bash_command(FILE *out, const struct command_table *command) {
  fprintf(out, "    %s)\n      case $flag in\n", command->name);
  for (size_t i = 0; i < command->flag_count; i++) {
    const struct flag *flag = &command->flags[i];
    if (value_of(flag) == VALUE_NONE) continue;
    fprintf(out, "        --%s) ", flag->name);
    print_bash_value(out, flag);
    fputs("; return ;;\n", out);
  }
  fputs("      esac\n      case $current in\n        -*) _wordvec_words '", out);
  for (size_t i = 0; i < command->flag_count; i++) fprintf(out, "--%s ", command->flags[i].name);
  fputs("--help --version' ;;\n        *) ", out);
  print_bash_operand(out, command);
  fputs(" ;;\n      esac\n      ;;\n", out);
}

void completion_bash(FILE *out) {
  const struct command_table *commands = command_table();
  fputs(
      "# bash completion for wordvec, written by 'wordvec completion bash'\n"
      "\n"
      "_wordvec_words() {\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
      "}\n"
      "\n"
      "_wordvec_files() {\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
      "}\n"
      "\n"
      "# The models of the store that the line names, or the environment.\n"
      "_wordvec_models() {\n"
      "  local store=${WORDVEC_STORE:-./store.d} file i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    [[ ${COMP_WORDS[i]} == --store ]] || continue\n"
      "    store=${COMP_WORDS[i + 1]}\n"
      "    [[ $store != = ]] || store=${COMP_WORDS[i + 2]}\n"
      "  done\n"
      "  for file in \"${store/#\\~/$HOME}\"/*.mdb; do\n"
      "    file=${file##*/}\n"
      "    file=${file%.mdb}\n"
      "    [[ $file == '*' || $file != \"$current\"* ]] || COMPREPLY+=(\"$file\")\n"
      "  done\n"
      "}\n"
      "\n"
      "_wordvec() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  COMPREPLY=()\n"
      "  # \"--flag=value\" comes as three words.\n"
      "  if [[ $current == = ]]; then\n"
      "    current=\n"
      "  elif [[ $flag == = && $COMP_CWORD -gt 2 ]]; then\n"
      "    flag=${COMP_WORDS[COMP_CWORD - 2]}\n"
      "  fi\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    _wordvec_words '",
      out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) fprintf(out, "%s ", commands[i].name);
  fputs("--help --version'\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n", out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) print_bash_command(out, &commands[i]);
  fputs("  esac\n}\n\ncomplete -F _wordvec wordvec\n", out);
}

/* ---- zsh */

/* A text within the single quotes and brackets of a specification: the first sentence or line of it. */
static void print_zsh_text(FILE *out, const char *text) {
  for (const char *at = text; *at; at++) {
    if ((at[0] == '.' && (at[1] == '\0' || at[1] == '\n' || at[1] == ' ')) || (at[0] == ':' && at[1] == ' ')) return;
    if (at[0] == '\n')
      fputc(' ', out);
    else if (at[0] == '\'')
      fputs("'\\''", out);
    else if (strchr("[]:\\", at[0]))
      fprintf(out, "\\%c", at[0]);
    else
      fputc(at[0], out);
  }
}

static void print_zsh_flag(FILE *out, const struct flag *flag) {
  enum value_kind kind = value_of(flag);
  /* What may be given again is not taken off the list. */
  bool repeats = flag->kind == FLAG_ASK_WORDS || flag->kind == FLAG_ASK_NUMBERS;
  fprintf(out, "            '%s--%s%s[", repeats ? "*" : "", flag->name, kind == VALUE_NONE ? "" : "=");
  print_zsh_text(out, flag->help);
  fputs("]", out);
  if (kind != VALUE_NONE) fprintf(out, ":%s:", flag->argument);
  if (kind == VALUE_CHOICE) {
    fputs("(", out);
    for (size_t i = 0; flag->choices[i]; i++) fprintf(out, "%s%s", i ? " " : "", flag->choices[i]);
    fputs(")", out);
  }
  if (kind == VALUE_FILE) fputs("_files", out);
  if (kind == VALUE_FOLDER) fputs("_files -/", out);
  if (kind == VALUE_MODEL) fputs("_wordvec_models", out);
  fputs("' \\\n", out);
}

static void print_zsh_command(FILE *out, const struct command_table *command) {
  static const char *const actions[] = {[VALUE_FILE] = "_files", [VALUE_MODEL] = "_wordvec_models"};
  enum value_kind kind = operand_of(command);
  fprintf(out, "        %s)\n          _arguments \\\n", command->name);
  for (size_t i = 0; i < command->flag_count; i++) print_zsh_flag(out, &command->flags[i]);
  if (kind != VALUE_NONE) {
    fprintf(out, "            '%s:%s:", command->operands_most > 1 ? "*" : "1", kind == VALUE_ANY ? "" : "operand");
    if (kind == VALUE_CHOICE) {
      fputs("(", out);
      print_operand_choices(out, command->operand);
      fputs(")", out);
    } else {
      fputs(kind == VALUE_ANY ? " " : actions[kind], out);
    }
    fputs("' \\\n", out);
  }
  fputs("            '(- *)--help[print help]' '(- *)--version[print the version]'\n          ;;\n", out);
}

void completion_zsh(FILE *out) {
  const struct command_table *commands = command_table();
  fputs(
      "#compdef wordvec\n"
      "# zsh completion for wordvec, written by 'wordvec completion zsh'\n"
      "\n"
      "# The models of the store that the line names, or the environment.\n"
      "_wordvec_models() {\n"
      "  local store=${opt_args[--store]:-${WORDVEC_STORE:-./store.d}}\n"
      "  local -a models\n"
      "  models=(${~store}/*.mdb(N:t:r))\n"
      "  compadd -a models\n"
      "}\n"
      "\n"
      "_wordvec() {\n"
      "  local context state state_descr line\n"
      "  typeset -A opt_args\n"
      "  _arguments -C '(- *)--help[print help]' '(- *)--version[print the version]' '1: :->command' '*:: :->rest'\n"
      "  case $state in\n"
      "    command)\n"
      "      local -a commands\n"
      "      commands=(\n",
      out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    fprintf(out, "        '%s:", commands[i].name);
    print_zsh_text(out, commands[i].summary);
    fputs("'\n", out);
  }
  fputs(
      "      )\n"
      "      _describe command commands\n"
      "      ;;\n"
      "    rest)\n"
      "      case $words[1] in\n",
      out);
  for (size_t i = 0; i < COMMAND_COUNT; i++) print_zsh_command(out, &commands[i]);
  fputs("      esac\n      ;;\n  esac\n}\n\n_wordvec \"$@\"\n", out);
}
