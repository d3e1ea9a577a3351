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
#include "server/log.h"
#include "server/service.h"
#include "store/import/import.h"

enum command {
  COMMAND_IMPORT,
  COMMAND_SERVE,
  COMMAND_LIST,
  COMMAND_INFO,
  COMMAND_VERIFY,
  COMMAND_HEALTHCHECK,
  COMMAND_COUNT
};

enum report_format { REPORT_TEXT, REPORT_JSON };

enum { EXIT_USAGE = 2 };

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

struct serve_flags {
  struct address address;
  bool insecure_bind;
  const char *default_model;  /* NULL: none */
  const char *fallback_store; /* NULL: none */
  double default_recall;      /* 0: queries that do not say are answered exactly */
  const char *kernel;         /* "auto" or a kernel's name, not yet looked up */
  enum log_format log_format;
  struct limits limits;
};

struct options {
  enum command command;
  const char *operand; /* FILE, NAME or NAME|FILE; NULL for commands that take none */
  const char *store;
  unsigned threads; /* 0: as many as suit */
  struct import_flags import;
  struct serve_flags serve;
  const char *url; /* healthcheck's, with the default made from the listening address filled in */
  char url_of_listen[ADDRESS_URL_SIZE];
};

/* Reads everything. Returns -1 when the command is to be run, else the exit status: 0 after --help and --version, whose
 * text goes to `out`, EXIT_USAGE after a mistake, which `err` is told. Texts in *options are borrowed from the
 * arguments and the environment. */
int options_read(int count, char *const arguments[], FILE *out, FILE *err, struct options *options);

#endif
