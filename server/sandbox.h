/* What a process may still do once it has started, held by the kernel (Landlock: Linux 5.13, since 6.2 also for files
 * that are truncated, since 6.7 for TCP, since 6.12 for abstract sockets and signals): read in a few folders, and
 * listen on a few ports. So whoever makes the process do what its code does not say can read what it serves anyway, and
 * can neither write a file, start a program, nor connect to anybody. What is open already stays open.
 *
 * Held are the thread that enters and all that it starts from then on, so it enters before it starts any. */
#ifndef WORDVEC_SERVER_SANDBOX_H
#define WORDVEC_SERVER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum sandbox_policy {
  SANDBOX_AUTO,    /* as far as the kernel goes */
  SANDBOX_OFF,     /* not at all */
  SANDBOX_REQUIRED /* at least files, or the daemon does not start */
};

struct sandbox;

/* Begins a list of what stays allowed; nothing is held yet. STATUS_UNSUPPORTED: the kernel has no Landlock, or it is
 * turned off. */
enum status sandbox_open(struct problem *problem, struct sandbox **out) MUST_USE;
void sandbox_close(struct sandbox *sandbox); /* NULL is allowed */

/* Reading a folder, or a file, and all beneath it.
 *
 * So that it may come later, or another take its place under the same name, all beneath the folder that it is in may be
 * read. Two are allowed alone: what is a mount of its own, which nothing can be renamed over, and what is in the root
 * of the file system, as long as it is there. Where the path leads over symbolic links, the same of where they end. */
enum status sandbox_allow_reading(struct sandbox *sandbox, const char *path, struct problem *problem) MUST_USE;

/* The same of a store: also of where the files in it are that are symbolic links. */
enum status sandbox_allow_store(struct sandbox *sandbox, const char *folder, struct problem *problem) MUST_USE;

/* Nothing but this folder. One that is not there is no error. */
enum status sandbox_allow_folder(struct sandbox *sandbox, const char *folder, struct problem *problem) MUST_USE;

/* Listening on a TCP port; 0: on one that the system chooses. */
enum status sandbox_allow_listening(struct sandbox *sandbox, uint16_t port, struct problem *problem) MUST_USE;

/* Sending to sockets of other processes that have an abstract name. */
void sandbox_allow_abstract_sockets(struct sandbox *sandbox);

/* From here on nothing else. */
enum status sandbox_enter(struct sandbox *sandbox, struct problem *problem) MUST_USE;

/* What is in force, for a log: a sentence that lasts as long as the sandbox. */
const char *sandbox_text(const struct sandbox *sandbox);

#endif
