/* Reads arguments and environment by the table of flags, and prints help from it. */
#include "server/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/cors.h"
#include "server/options_table.h"
#include "server/version.h"

enum { FLAGS_MAX = 48, RUN = -1, OPTION_HELP = 1000, OPTION_VERSION };

/* Where mistakes are told, and of which command. */
struct reader {
  const struct command_table *command;
  struct options *options;
  FILE *err;
};

/* ---- Help */

static void print_general_help(FILE *out) {
  fputs(
      "wordvec: a lookup service for pretrained word embeddings\n"
      "\n"
      "Usage: wordvec COMMAND [ARGUMENT]... [--FLAG VALUE]...\n"
      "\n"
      "Commands:\n",
      out);
  const struct command_table *commands = command_table();
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    char usage[64];
    snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].operand ? commands[i].operand : "");
    fprintf(out, "  %-22s %s\n", usage, commands[i].summary);
  }
  fputs(
      "\n"
      "'wordvec COMMAND --help' explains a command and its flags, 'wordvec --version' prints\n"
      "the version. Exit status: 0 done, 1 failed, 2 wrong usage.\n"
      "\n"
      "To begin:\n"
      "  wordvec import glove.6B.300d.txt     reads a matrix into ./store.d\n"
      "  wordvec serve                        answers on http://127.0.0.1:8080\n"
      "  curl 'http://127.0.0.1:8080/vector?word=cat'\n",
      out);
}

static void print_lines(FILE *out, const char *text) {
  while (*text) {
    size_t length = strcspn(text, "\n");
    fprintf(out, "      %.*s\n", (int)length, text);
    text += length;
    if (*text) text++;
  }
}

static void print_choices(FILE *out, const char *const *choices, const char *separator) {
  for (size_t i = 0; choices[i]; i++) fprintf(out, "%s%s", i ? separator : "", choices[i]);
}

/* " a|b|c" behind what is `column` wide, in as many lines as it takes. */
static void print_flag_choices(FILE *out, const char *const *choices, size_t column) {
  enum { WIDTH = 80, INDENT = 10 };
  for (size_t i = 0; choices[i]; i++) {
    const char *bar = choices[i + 1] ? "|" : "";
    size_t width = strlen(choices[i]) + strlen(bar);
    if (i > 0 && column + width > WIDTH) column = (size_t)fprintf(out, "\n%*s", INDENT, "") - 1;
    column += (size_t)fprintf(out, "%s%s%s", i > 0 ? "" : " ", choices[i], bar);
  }
}

static void print_flag(FILE *out, const struct flag *flag) {
  int column = fprintf(out, "  --%s", flag->name);
  if (flag->choices) {
    print_flag_choices(out, flag->choices, (size_t)column);
  } else if (flag->argument) {
    fprintf(out, " %s", flag->argument);
  }
  fputc('\n', out);
  print_lines(out, flag->help);
  if (!flag->standard && !flag->variable) return;
  fputs("      [", out);
  if (flag->standard) fprintf(out, "default: %s", flag->standard);
  if (flag->standard && flag->variable) fputs("; ", out);
  if (flag->variable) fprintf(out, "environment: %s", flag->variable);
  fputs("]\n", out);
}

static void print_command_help(FILE *out, const struct command_table *command) {
  fprintf(out, "Usage: wordvec %s%s%s [--FLAG VALUE]...\n\n%s\nFlags:\n", command->name, command->operand ? " " : "",
          command->operand ? command->operand : "", command->text);
  for (size_t i = 0; i < command->flag_count; i++) print_flag(out, &command->flags[i]);
  fputs("  --help\n      Print this text.\n  --version\n      Print the version.\n", out);
}

/* ---- Values */

/* Whole decimal number, with K, M or G behind it when `suffixes`. */
static bool parse_size(const char *text, bool suffixes, size_t *value) {
  if (*text < '0' || *text > '9') return false;
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  if (errno != 0 || number > SIZE_MAX) return false;
  unsigned shift = 0;
  if (suffixes && *end) {
    const char *units = "KMG";
    const char *unit = strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end);
    if (!unit) return false;
    shift = 10 * (unsigned)(unit - units + 1);
    end++;
  }
  if (*end != '\0' || number > SIZE_MAX >> shift) return false;
  *value = (size_t)number << shift;
  return true;
}

static bool parse_switch(const char *text, bool *value) {
  static const char *const yes[] = {"1", "true", "yes", "on"};
  static const char *const no[] = {"0", "false", "no", "off"};
  for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
    if (strcasecmp(text, yes[i]) != 0 && strcasecmp(text, no[i]) != 0) continue;
    *value = strcasecmp(text, yes[i]) == 0;
    return true;
  }
  return false;
}

/* `origin` is how the user knows the value's source: "--threads" or "WORDVEC_THREADS". */
static bool refuse_number(const struct reader *reader, const struct flag *flag, const char *origin, const char *text) {
  fprintf(reader->err, "wordvec: %s: '%s' is not a whole number from %zu to %zu%s\n", origin, text, flag->minimum,
          flag->maximum, flag->kind == FLAG_BYTES ? " (bytes; K, M and G may follow)" : "");
  return false;
}

static bool refuse_choice(const struct reader *reader, const struct flag *flag, const char *origin, const char *text) {
  fprintf(reader->err, "wordvec: %s: '%s' is none of ", origin, text);
  print_choices(reader->err, flag->choices, ", ");
  fputc('\n', reader->err);
  return false;
}

static bool apply_number(const struct reader *reader, const struct flag *flag, const char *origin, const char *text,
                         void *member) {
  size_t value;
  if (!parse_size(text, flag->kind == FLAG_BYTES, &value) || value < flag->minimum || value > flag->maximum)
    return refuse_number(reader, flag, origin, text);
  if (flag->kind == FLAG_UNSIGNED)
    *(unsigned *)member = (unsigned)value;
  else
    *(size_t *)member = value;
  return true;
}

static bool apply_share(const struct reader *reader, const char *origin, const char *text, void *member) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value > 0 && value <= 1)) {
    fprintf(reader->err, "wordvec: %s: '%s' is not a number above 0 and at most 1\n", origin, text);
    return false;
  }
  *(double *)member = value;
  return true;
}

static bool apply_choice(const struct reader *reader, const struct flag *flag, const char *origin, const char *text,
                         void *member) {
  unsigned place = 0;
  while (flag->choices[place] && strcmp(flag->choices[place], text) != 0) place++;
  if (!flag->choices[place]) return refuse_choice(reader, flag, origin, text);
  /* The enums are all unsigned: gcc and clang make them so when no value is negative. */
  if (flag->kind == FLAG_CHOICE)
    memcpy(member, &place, sizeof place);
  else
    *(const char **)member = text;
  return true;
}

static bool apply_text(const struct reader *reader, const struct flag *flag, const char *origin, const char *text,
                       void *member) {
  if (*text == '\0') {
    fprintf(reader->err, "wordvec: %s needs a value that is not empty\n", origin);
    return false;
  }
  if (flag->kind == FLAG_MODEL && !model_name_valid(text)) {
    fprintf(reader->err, "wordvec: %s: '%s' names no model: " MODEL_NAME_RULE "\n", origin, text);
    return false;
  }
  *(const char **)member = text;
  return true;
}

static bool apply_address(const struct reader *reader, const char *origin, const char *text, void *member) {
  struct problem problem;
  if (address_parse(text, &problem, member) == STATUS_OK) return true;
  fprintf(reader->err, "wordvec: %s: %s\n", origin, problem.text);
  return false;
}

static bool apply_origins(const struct reader *reader, const char *origin, const char *text, void *member) {
  struct problem problem;
  if (cors_check(text, &problem) == STATUS_OK) {
    *(const char **)member = text;
    return true;
  }
  fprintf(reader->err, "wordvec: %s: %s\n", origin, problem.text);
  return false;
}

static bool apply_switch(const struct reader *reader, const char *origin, const char *text, void *member) {
  if (parse_switch(text, member)) return true;
  fprintf(reader->err, "wordvec: %s: '%s' is none of 1, true, yes, on, 0, false, no, off\n", origin, text);
  return false;
}

/* Whether `text` spells finite numbers as JSON does, `most` of them at most, with commas between. */
static bool are_numbers(const char *text, size_t most) {
  static const char of_numbers[] = "+-.0123456789eE";
  for (size_t count = 1;; count++) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || (size_t)(end - text) != strspn(text, of_numbers) || !isfinite(value)) return false;
    if (*end == '\0') return true;
    if (*end != ',' || count == most) return false;
    text = end + 1;
  }
}

/* Two numbers with a comma between. */
static bool apply_pair(const struct reader *reader, const char *origin, const char *text, void *member) {
  const char *comma = strchr(text, ',');
  if (!comma || !are_numbers(text, 2)) {
    fprintf(reader->err, "wordvec: %s: '%s' is not two numbers with a comma between\n", origin, text);
    return false;
  }
  *(struct number_pair *)member = (struct number_pair){true, strtod(text, NULL), strtod(comma + 1, NULL)};
  return true;
}

static bool refuse_parameter(const struct reader *reader, const char *origin, const char *text, const char *wanted) {
  fprintf(reader->err, "wordvec: %s: '%s' is not %s\n", origin, text, wanted);
  return false;
}

/* Notes a parameter of the request; the request itself is made elsewhere. */
static bool apply_parameter(const struct reader *reader, const struct flag *flag, const char *origin,
                            const char *text) {
  struct options *options = reader->options;
  size_t place = 0, number;
  switch (flag->kind) {
    case FLAG_ASK_INTEGER:
      if (!parse_size(text, false, &number) || number < flag->minimum || number > flag->maximum)
        return refuse_number(reader, flag, origin, text);
      break;
    case FLAG_ASK_SIGNED:
      if (!parse_size(text + (*text == '-'), false, &number) || number > INT64_MAX)
        return refuse_parameter(reader, origin, text, "a whole number");
      break;
    case FLAG_ASK_NUMBER:
      if (!are_numbers(text, 1)) return refuse_parameter(reader, origin, text, "a number");
      break;
    case FLAG_ASK_NUMBERS:
      if (!are_numbers(text, SIZE_MAX)) return refuse_parameter(reader, origin, text, "numbers with commas between");
      break;
    case FLAG_ASK_BOOL:
    case FLAG_ASK_CHOICE:
      while (flag->choices[place] && strcmp(flag->choices[place], text) != 0) place++;
      if (!flag->choices[place]) return refuse_choice(reader, flag, origin, text);
      break;
    default: break;
  }
  /* The array has room for as many as there are arguments. */
  options->parameters[options->parameter_count++] = (struct parameter){flag, text};
  return true;
}

static bool apply(const struct reader *reader, const struct flag *flag, const char *origin, const char *text) {
  if (flag_is_parameter(flag->kind)) return apply_parameter(reader, flag, origin, text);
  void *member = (char *)reader->options + flag->offset;
  switch (flag->kind) {
    case FLAG_SWITCH: return apply_switch(reader, origin, text, member);
    case FLAG_SHARE: return apply_share(reader, origin, text, member);
    case FLAG_TEXT:
    case FLAG_MODEL: return apply_text(reader, flag, origin, text, member);
    case FLAG_PAIR: return apply_pair(reader, origin, text, member);
    case FLAG_ADDRESS: return apply_address(reader, origin, text, member);
    case FLAG_ORIGINS: return apply_origins(reader, origin, text, member);
    case FLAG_CHOICE:
    case FLAG_WORD: return apply_choice(reader, flag, origin, text, member);
    case FLAG_UNSIGNED:
    case FLAG_SIZE:
    case FLAG_BYTES: return apply_number(reader, flag, origin, text, member);
    default: break;
  }
  return false;
}

/* ---- Reading */

static int hint(const struct reader *reader) {
  fprintf(reader->err, "Try 'wordvec %s --help'.\n", reader->command->name);
  return EXIT_USAGE;
}

/* Flags that were not given: from the environment, else their default. An empty variable counts as none. */
static bool apply_rest(const struct reader *reader, const bool *given) {
  for (size_t i = 0; i < reader->command->flag_count; i++) {
    const struct flag *flag = &reader->command->flags[i];
    const char *value = !given[i] && flag->variable ? getenv(flag->variable) : NULL;
    if (value && *value) {
      if (!apply(reader, flag, flag->variable, value)) return false;
    } else if (!given[i] && flag->standard) {
      if (!apply(reader, flag, flag->name, flag->standard)) return false;
    }
  }
  return true;
}

static void fill_long_options(const struct command_table *command, struct option *options) {
  for (size_t i = 0; i < command->flag_count; i++) {
    const struct flag *flag = &command->flags[i];
    options[i] =
        (struct option){flag->name, flag_is_switch(flag->kind) ? no_argument : required_argument, NULL, (int)i};
  }
  options[command->flag_count] = (struct option){"help", no_argument, NULL, OPTION_HELP};
  options[command->flag_count + 1] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
  options[command->flag_count + 2] = (struct option){NULL, 0, NULL, 0};
}

/* What getopt_long() answers with '?' or ':'. */
static int refuse_flag(const struct reader *reader, int code, char *const *arguments) {
  const char *text = arguments[optind - 1];
  if (code == ':')
    fprintf(reader->err, "wordvec %s: %s needs a value\n", reader->command->name, text);
  else if (optopt != 0 && strncmp(text, "--", 2) == 0)
    fprintf(reader->err, "wordvec %s: %.*s takes no value\n", reader->command->name, (int)strcspn(text, "="), text);
  else
    fprintf(reader->err, "wordvec %s: there is no flag %.*s\n", reader->command->name, (int)strcspn(text, "="), text);
  return hint(reader);
}

/* Reads the flags of a command; `arguments` begins with the command. RUN, or an exit status. */
static int read_flags(const struct reader *reader, int count, char **arguments, bool *given, FILE *out) {
  struct option options[FLAGS_MAX + 3];
  fill_long_options(reader->command, options);
  optind = 0; /* glibc: start anew, permuting operands to the end */
  opterr = 0;
  int code;
  while ((code = getopt_long(count, arguments, ":h", options, NULL)) != -1) {
    if (code == 'h' || code == OPTION_HELP) {
      print_command_help(out, reader->command);
      return EXIT_SUCCESS;
    }
    if (code == OPTION_VERSION) {
      fprintf(out, "wordvec %s\n", WORDVEC_VERSION);
      return EXIT_SUCCESS;
    }
    if (code == '?' || code == ':') return refuse_flag(reader, code, arguments);
    const struct flag *flag = &reader->command->flags[code];
    char origin[64];
    snprintf(origin, sizeof origin, "--%s", flag->name);
    if (!apply(reader, flag, origin, flag_is_switch(flag->kind) ? "1" : optarg)) return hint(reader);
    given[code] = true;
  }
  return RUN;
}

static int read_operands(const struct reader *reader, int count, char *const *arguments) {
  const struct command_table *command = reader->command;
  struct options *options = reader->options;
  size_t left = (size_t)(count - optind);
  bool one = command->operands_most == 0;
  size_t least = one ? command->operand != NULL : command->operands_least;
  size_t most = one ? command->operand != NULL : command->operands_most;
  if (left < least) {
    fprintf(reader->err, "wordvec %s: %s is missing\n", command->name, command->operand);
    return hint(reader);
  }
  if (left > most) {
    fprintf(reader->err, "wordvec %s: '%s' is one argument too many\n", command->name,
            arguments[(size_t)optind + most]);
    return hint(reader);
  }
  options->operands = (const char *const *)(arguments + optind);
  options->operand_count = left;
  options->operand = left > 0 ? arguments[optind] : NULL;
  return RUN;
}

/* The healthcheck asks where the daemon of the same container listens. */
static bool fill_url(const struct reader *reader) {
  struct options *options = reader->options;
  if (options->command != COMMAND_HEALTHCHECK || options->url) return true;
  static const char variable[] = "WORDVEC_LISTEN";
  const char *listen = getenv(variable);
  struct address address;
  if (!apply_address(reader, variable, listen && *listen ? listen : "127.0.0.1:8080", &address)) return false;
  address_make_reachable(&address);
  address_url(&address, options->url_of_listen);
  options->url = options->url_of_listen;
  return true;
}

/* A variable of the service manager, which is for this process and not for what it might start. */
static const char *take_variable(const char *name) {
  const char *value = getenv(name);
  unsetenv(name); /* the text stays where it is */
  return value;
}

static void take_manager(struct serve_flags *serve) {
  serve->inherited.process = take_variable("LISTEN_PID");
  serve->inherited.count = take_variable("LISTEN_FDS");
  serve->inherited.names = take_variable("LISTEN_FDNAMES");
  serve->notify_socket = take_variable("NOTIFY_SOCKET");
}

/* The limits and choices of a daemon that were not given, for a command that asks the store as it would be asked. */
static bool apply_serve(const struct reader *reader) {
  const struct reader serve = {&command_table()[COMMAND_SERVE], reader->options, reader->err};
  bool given[FLAGS_MAX] = {false};
  for (size_t i = 0; i < serve.command->flag_count; i++)
    for (size_t j = 0; j < reader->command->flag_count; j++)
      given[i] |= !flag_is_parameter(reader->command->flags[j].kind) &&
                  reader->command->flags[j].offset == serve.command->flags[i].offset;
  return apply_rest(&serve, given);
}

static bool is_given(const struct reader *reader, const bool *given, const char *name) {
  for (size_t i = 0; i < reader->command->flag_count; i++)
    if (strcmp(reader->command->flags[i].name, name) == 0) return given[i];
  return false;
}

/* A daemon or the store is asked: --store goes before WORDVEC_URL. */
static bool choose_asked(const struct reader *reader, const bool *given) {
  bool store = is_given(reader, given, "store");
  if (store && is_given(reader, given, "url")) {
    fprintf(reader->err, "wordvec %s: --url asks a daemon and --store asks a folder: give one of them\n",
            reader->command->name);
    return false;
  }
  if (store) reader->options->url = NULL;
  return reader->options->url || apply_serve(reader);
}

static int read_command(const struct reader *reader, int count, char **arguments, FILE *out) {
  bool given[FLAGS_MAX] = {false};
  int outcome = read_flags(reader, count, arguments, given, out);
  if (outcome != RUN) return outcome;
  if (!apply_rest(reader, given) || !fill_url(reader)) return hint(reader);
  if (reader->options->command == COMMAND_SERVE) take_manager(&reader->options->serve);
  if (reader->command->asks && !choose_asked(reader, given)) return hint(reader);
  return read_operands(reader, count, arguments);
}

static int refuse_command(const char *text, FILE *err) {
  const struct command_table *commands = command_table();
  if (text)
    fprintf(err, "wordvec: there is no command '%s'; there are", text);
  else
    fprintf(err, "wordvec: a command is missing; there are");
  for (size_t i = 0; i < COMMAND_COUNT; i++) fprintf(err, "%s %s", i ? "," : "", commands[i].name);
  fprintf(err, "\nTry 'wordvec --help'.\n");
  return EXIT_USAGE;
}

int options_read(int count, char *const arguments[], FILE *out, FILE *err, struct options *options) {
  const char *first = count > 1 ? arguments[1] : NULL;
  memset(options, 0, sizeof *options);
  if (!first) return refuse_command(NULL, err);
  if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
    print_general_help(out);
    return EXIT_SUCCESS;
  }
  if (strcmp(first, "--version") == 0) {
    fprintf(out, "wordvec %s\n", WORDVEC_VERSION);
    return EXIT_SUCCESS;
  }
  for (unsigned i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(command_table()[i].name, first) != 0) continue;
    options->command = (enum command)i;
    struct reader reader = {&command_table()[i], options, err};
    /* getopt_long() sorts the array, so it gets one of its own; the texts stay the caller's. */
    size_t most = (size_t)count;
    options->memory = calloc(most, sizeof(char *) + sizeof(struct parameter));
    if (!options->memory) {
      fprintf(err, "wordvec: out of memory\n");
      return EXIT_FAILURE;
    }
    options->parameters = options->memory;
    char **sorted = (char **)((struct parameter *)options->memory + most);
    memcpy(sorted, arguments + 1, (most - 1) * sizeof *sorted);
    return read_command(&reader, count - 1, sorted, out);
  }
  return refuse_command(first, err);
}

bool options_is(const struct parameter *parameter, const char *name) {
  return strcmp(parameter->flag->name, name) == 0;
}

const char *options_parameter(const struct options *options, const char *name) {
  for (size_t i = 0; i < options->parameter_count; i++)
    if (options_is(&options->parameters[i], name)) return options->parameters[i].text;
  return NULL;
}

void options_release(struct options *options) {
  free(options->memory);
  *options = (struct options){0};
}
