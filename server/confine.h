/* What the daemon leaves itself the right to do: read its stores, its keys and what the kernel says of it, and listen
 * where it was told to. */
#ifndef WORDVEC_SERVER_CONFINE_H
#define WORDVEC_SERVER_CONFINE_H

#include "server/log.h"
#include "server/options.h"

/* Enters the sandbox as the options have it, and says in the log what is in force. To be called before any thread is
 * started. False: it is required and could not be entered. */
bool confine(const struct options *options, bool inherited, const struct log *log);

#endif
