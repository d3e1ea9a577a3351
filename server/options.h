/* The command line and the environment, read once and nowhere else. A value comes from its flag, else from its
 * environment variable, else from its default.
 *
 * Flags are read by getopt_long(): it knows "--flag=value", "--flag value", "--" and operands between flags, which is
 * all that is asked of it. argp would also print the help, but has no place for the environment and the ranges of
 * values, ends the program itself with a status of its own, and keeps that in global variables. */
#ifndef WORDVEC_SERVER_OPTIONS_H
#define WORDVEC_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "server/address.h"
#include "server/listener.h"
#include "server/log.h"
#include "server/sandbox.h"
#include "server/service.h"
#include "server/word_policy.h"
#include "store/export/export.h"
#include "store/import/import.h"

enum command {
  COMMAND_IMPORT,
  COMMAND_EXPORT,
  COMMAND_INIT,
  COMMAND_SERVE,
  COMMAND_LIST,
  COMMAND_INFO,
  COMMAND_VERIFY,
  COMMAND_HEALTHCHECK,
  COMMAND_VECTOR,
  COMMAND_NEIGHBORS,
  COMMAND_LOOKUP,
  COMMAND_INDEX,
  COMMAND_WORD,
  COMMAND_WORDS,
  COMMAND_SIMILARITY,
  COMMAND_ANALOGY,
  COMMAND_DOESNT_MATCH,
  COMMAND_RANK,
  COMMAND_CLOSER_THAN,
  COMMAND_MEAN,
  COMMAND_ASK,
  COMMAND_EVAL,
  COMMAND_COMPLETION,
  COMMAND_MANUAL,
  COMMAND_COUNT
};

enum report_format { REPORT_TEXT, REPORT_JSON };

enum { EXIT_USAGE = 2 };

struct flag;

struct import_flags {
  const char *name; /* NULL: from the file's name */
  enum import_format format;
  const char *words; /* NULL: beside the file */
  size_t limit;      /* 0: all rows */
  enum import_duplicates duplicates;
  enum import_encoding encoding;
  bool strict;
  bool no_index;
  bool force;
  enum report_format report;
};

struct number_pair {
  bool given;
  double first, second;
};

struct init_flags {
  const char *name;
  size_t rows;  /* 0: as many as there are words */
  unsigned dim; /* 0: not given */
  size_t seed;
  const char *words; /* NULL: the rows' numbers */
  struct number_pair uniform, normal;
  bool no_index;
  bool force;
};

struct export_flags {
  enum export_format format;
  const char *output; /* NULL: named after the model */
  const char *words;  /* NULL: all rows */
  enum oov_policy oov;
  enum case_policy letter_case;
  enum export_misfits misfits;
  bool force;
};

struct serve_flags {
  struct address address;
  struct address metrics_address; /* its length 0: /metrics is at `address` */
  bool insecure_bind;
  const char *default_model;  /* NULL: none */
  const char *fallback_store; /* NULL: none */
  enum sandbox_policy sandbox;
  const char *cors_origins; /* as cors_check() has it; NULL: none */
  double default_recall;    /* 0: queries that do not say are answered exactly */
  const char *kernel;       /* "auto" or a kernel's name, not yet looked up */
  enum log_format log_format;
  enum log_level log_level;
  unsigned slow_milliseconds; /* 0: no request is slow */
  struct limits limits;
  struct listener_environment inherited; /* what the service manager says, taken out of the environment */
  const char *notify_socket;             /* NULL: it does not want to be told */
};

/* A flag that stands for a parameter of the request that a command makes: the text was found to be of its kind. */
struct parameter {
  const struct flag *flag;
  const char *text;
};

/* How the answer of a request is printed. */
enum ask_format { ASK_TEXT, ASK_JSON, ASK_TSV };

/* Of the commands that ask a daemon or the store. */
struct ask_flags {
  const char *model; /* NULL: the default one */
  enum ask_format format;
  unsigned timeout_seconds;
  size_t limit;   /* of words; 0: all of them */
  bool every_row; /* of similarities: with all rows of the model */
};

struct eval_flags {
  const char *analogies; /* a file; NULL: none */
  const char *pairs;     /* a file; NULL: none */
  const char *delimiter; /* NULL: a tab */
  size_t restrict_vocab;
  bool case_sensitive;
  bool dummy4unknown;
};

struct options {
  enum command command;
  const char *operand;         /* FILE, NAME or NAME|FILE: the first one; NULL where there is none */
  const char *const *operands; /* [operand_count] */
  size_t operand_count;
  struct parameter *parameters; /* [parameter_count], in the order in which they were given */
  size_t parameter_count;
  const char *store;
  unsigned threads; /* 0: as many as suit */
  struct import_flags import;
  struct export_flags export;
  struct init_flags init;
  struct serve_flags serve; /* also of commands that ask: what a daemon would be started with in this environment */
  struct ask_flags ask;
  struct eval_flags eval;
  const char *api_key_file; /* what a daemon asks for, or what it is shown; NULL: no key */
  const char *url; /* the daemon to ask; the healthcheck's with the default made from the listening address filled in,
                      else NULL where the store is to be asked */
  char url_of_listen[ADDRESS_URL_SIZE];
  void *memory; /* of operands and parameters */
};

/* Reads everything. Returns -1 when the command is to be run, else the exit status: 0 after --help and --version, whose
 * text goes to `out`, EXIT_USAGE after a mistake, which `err` is told. Texts in *options are borrowed from the
 * arguments and the environment. */
int options_read(int count, char *const arguments[], FILE *out, FILE *err, struct options *options);

/* Whether a parameter has that name. */
bool options_is(const struct parameter *parameter, const char *name);

/* The text of the first parameter of that name; NULL when it was not given. */
const char *options_parameter(const struct options *options, const char *name);

/* Frees what options_read() allocated; whatever it returned. */
void options_release(struct options *options);

#endif
