/* What this build calls itself. */
#ifndef WORDVEC_SERVER_VERSION_H
#define WORDVEC_SERVER_VERSION_H

#define WORDVEC_VERSION "0.1.0"

/* The commit that was built, as the Makefile says it. */
#ifndef WORDVEC_BUILD
#define WORDVEC_BUILD "unknown"
#endif

#endif
