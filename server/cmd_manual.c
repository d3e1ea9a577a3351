/* wordvec manual: the manual page, in the man macros of roff, written from the table of commands and flags. */
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "server/options_table.h"
#include "server/version.h"

/* Text as roff reads it: a backslash is \e, a hyphen a minus where it is to be typed, and a line does not begin with a
 * control character. */
static void print_text(const char *text, bool typed) {
  for (const char *at = text; *at; at++) {
    if ((at == text || at[-1] == '\n') && (*at == '.' || *at == '\'')) fputs("\\&", stdout);
    if (*at == '\\')
      fputs("\\e", stdout);
    else if (*at == '-' && (typed || at[1] == '-' || (at > text && at[-1] == '-')))
      fputs("\\-", stdout);
    else
      fputc(*at, stdout);
  }
}

/* Paragraphs, which empty lines are between. */
static void print_paragraphs(const char *text) {
  while (*text) {
    size_t length = strcspn(text, "\n");
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)length, text);
    if (length == 0)
      fputs(".PP", stdout);
    else
      print_text(line, false);
    fputc('\n', stdout);
    text += length + (text[length] == '\n');
  }
}

static void print_flag(const struct flag *flag) {
  fputs(".TP\n\\fB\\-\\-", stdout);
  print_text(flag->name, true);
  fputs("\\fR", stdout);
  if (flag->choices) {
    for (size_t i = 0; flag->choices[i]; i++) {
      fputs(i ? "|\\fB" : " \\fB", stdout);
      print_text(flag->choices[i], true);
      fputs("\\fR", stdout);
    }
  } else if (flag->argument) {
    fputs(" \\fI", stdout);
    print_text(flag->argument, false);
    fputs("\\fR", stdout);
  }
  fputc('\n', stdout);
  print_paragraphs(flag->help);
  if (!flag->standard && !flag->variable) return;
  fputs("(", stdout);
  if (flag->standard) {
    fputs("default: ", stdout);
    print_text(flag->standard, true);
  }
  if (flag->variable) printf("%senvironment: \\fB%s\\fR", flag->standard ? "; " : "", flag->variable);
  fputs(")\n", stdout);
}

/* The flag of that name. */
static const struct flag *flag_of(const struct command_table *command, const char *name) {
  for (size_t i = 0; i < command->flag_count; i++)
    if (strcmp(command->flags[i].name, name) == 0) return &command->flags[i];
  return NULL;
}

/* Whether every command that asks has this same flag: it is described once. */
static bool is_of_all(const struct flag *flag) {
  const struct command_table *commands = command_table();
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (!commands[i].asks) continue;
    const struct flag *same = flag_of(&commands[i], flag->name);
    if (!same || strcmp(same->help, flag->help) != 0) return false;
  }
  return true;
}

static void print_command(const struct command_table *command) {
  fputs(".SS wordvec ", stdout);
  print_text(command->name, true);
  if (command->operand) printf(" %s", command->operand);
  fputs("\n", stdout);
  print_paragraphs(command->text);
  for (size_t i = 0; i < command->flag_count; i++)
    if (!command->asks || !is_of_all(&command->flags[i])) print_flag(&command->flags[i]);
}

static void print_commands(void) {
  const struct command_table *commands = command_table();
  const struct command_table *asking = &commands[COMMAND_VECTOR];
  fputs(".SH COMMANDS\n", stdout);
  for (size_t i = 0; i < COMMAND_COUNT; i++) print_command(&commands[i]);
  fputs(
      ".SH FLAGS OF COMMANDS THAT ASK\n"
      "These read the store, or ask a daemon with \\fB\\-\\-url\\fR, with the same answer:\n",
      stdout);
  for (size_t i = 0, listed = 0; i < COMMAND_COUNT; i++)
    if (commands[i].asks) printf("%s%s", listed++ ? ",\n" : "", commands[i].name);
  fputs(".\n", stdout);
  for (size_t i = 0; i < asking->flag_count; i++)
    if (is_of_all(&asking->flags[i])) print_flag(&asking->flags[i]);
}

int cmd_manual(const struct options *options) {
  (void)options;
  printf(".\\\" written by 'wordvec manual'\n.TH WORDVEC 1 \"\" \"wordvec %s\" \"User Commands\"\n", WORDVEC_VERSION);
  fputs(
      ".SH NAME\n"
      "wordvec \\- a lookup service for pretrained word embeddings\n"
      ".SH SYNOPSIS\n"
      ".B wordvec\n"
      ".I COMMAND\n"
      "[\\fIARGUMENT\\fR]... [\\fB\\-\\-\\fIFLAG\\fR \\fIVALUE\\fR]...\n"
      ".SH DESCRIPTION\n"
      "A matrix of word vectors (GloVe, word2vec, fastText, NumPy) is imported once into a store.\n"
      "A daemon answers HTTP requests from it for vectors, rows by index and nearest neighbors;\n"
      "the same questions can be asked on the command line, of the store or of a daemon.\n"
      ".PP\n"
      "Every command explains itself with \\fB\\-\\-help\\fR, and \\fB\\-\\-version\\fR prints the version.\n"
      "A flag goes before its environment variable, and that before the default.\n",
      stdout);
  print_commands();
  fputs(
      ".SH EXIT STATUS\n"
      ".TP\n"
      "0\n"
      "done\n"
      ".TP\n"
      "1\n"
      "failed, or something of what was asked for is not there\n"
      ".TP\n"
      "2\n"
      "wrong usage\n"
      ".SH FILES\n"
      ".TP\n"
      "\\fI./store.d/NAME.mdb\\fR\n"
      "the model NAME of the default store\n"
      ".SH EXAMPLES\n"
      ".nf\n"
      "wordvec import glove.6B.zip:glove.6B.300d.txt\n"
      "wordvec serve\n"
      "wordvec neighbors cat \\-\\-k 3\n"
      "wordvec analogy man king woman \\-\\-url http://127.0.0.1:8080\n"
      "cut \\-f 1 words.tsv | wordvec vector \\-\\-format tsv\n"
      "wordvec eval glove.6B.300d \\-\\-analogies questions\\-words.txt\n"
      ".fi\n",
      stdout);
  return EXIT_SUCCESS;
}
