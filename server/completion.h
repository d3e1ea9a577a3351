/* Completion for shells, written from the table of commands and flags. */
#ifndef WORDVEC_SERVER_COMPLETION_H
#define WORDVEC_SERVER_COMPLETION_H

#include <stdio.h>

/* A script to be sourced by bash, or put into its completions folder as "wordvec". */
void completion_bash(FILE *out);

/* A function for zsh's $fpath, as "_wordvec". */
void completion_zsh(FILE *out);

#endif
