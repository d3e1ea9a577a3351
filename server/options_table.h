/* What each command takes, as data: options.c reads arguments by it and prints the help from it. */
#ifndef WORDVEC_SERVER_OPTIONS_TABLE_H
#define WORDVEC_SERVER_OPTIONS_TABLE_H

#include "server/options.h"

/* How a flag's value is read, and the type of the member of struct options that it goes to. */
enum flag_kind {
  FLAG_SWITCH,   /* bool; takes no value */
  FLAG_TEXT,     /* const char *, not empty */
  FLAG_MODEL,    /* const char *, a valid model name */
  FLAG_ADDRESS,  /* struct address */
  FLAG_ORIGINS,  /* const char *, as cors_check() has it */
  FLAG_CHOICE,   /* an enum whose values are the places in `choices` */
  FLAG_WORD,     /* const char *, one of `choices` */
  FLAG_UNSIGNED, /* unsigned, from minimum to maximum */
  FLAG_SIZE,     /* size_t, from minimum to maximum */
  FLAG_SHARE,    /* double, above 0 and at most 1 */
  FLAG_PAIR,     /* struct number_pair: two finite numbers with a comma between */
  FLAG_BYTES,    /* size_t, from minimum to maximum; K, M and G behind the number multiply by 1024 each */

  /* Parameters of a request: no members but, in the order given, elements of options->parameters. */
  FLAG_ASK_SWITCH,  /* true; takes no value */
  FLAG_ASK_NUMBER,  /* a finite number */
  FLAG_ASK_INTEGER, /* a whole number from minimum to maximum */
  FLAG_ASK_SIGNED,  /* a whole number that may be negative */
  FLAG_ASK_BOOL,    /* "false" or "true": `choices` are these two */
  FLAG_ASK_NUMBERS, /* finite numbers between commas; the flag may be repeated */
  FLAG_ASK_CHOICE,  /* one of `choices` */
  FLAG_ASK_WORD,    /* a word: any bytes */
  FLAG_ASK_WORDS    /* a word of a list: the flag may be repeated */
};

/* Whether a flag of this kind takes no value; whether it is a parameter of a request. */
static inline bool flag_is_switch(enum flag_kind kind) {
  return kind == FLAG_SWITCH || kind == FLAG_ASK_SWITCH;
}

static inline bool flag_is_parameter(enum flag_kind kind) {
  return kind >= FLAG_ASK_SWITCH;
}

struct flag {
  const char *name; /* without its "--" */
  enum flag_kind kind;
  size_t offset;              /* of its member in struct options */
  const char *argument;       /* what help calls the value; NULL for a switch */
  const char *variable;       /* of the environment; NULL: none */
  const char *standard;       /* the default as it would be typed; NULL: none, the member stays zero */
  const char *const *choices; /* FLAG_CHOICE and FLAG_WORD: ends in NULL */
  size_t minimum, maximum;
  const char *help; /* lines of at most 74 characters */
};

struct command_table {
  const char *name;
  const char *operand; /* "FILE"; NULL: the command takes none */
  const char *summary; /* one line */
  const char *text;    /* what help says before the flags, in lines of at most 80 characters */
  const struct flag *flags;
  size_t flag_count;
  size_t operands_least, operands_most; /* both 0: exactly one where `operand` says so */
  bool asks;                            /* it asks a daemon, or the store as a daemon would be asked */
};

enum { OPERANDS_ANY = 1 << 30 };

/* Indexed by enum command, COMMAND_COUNT of them. Static storage. */
const struct command_table *command_table(void);

#endif
