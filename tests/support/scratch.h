/* One temporary folder a test program, and files in it. Whatever fails here ends the process with a line on standard
 * error: Check then reports the test as ended early. */
#ifndef WORDVEC_TESTS_SUPPORT_SCRATCH_H
#define WORDVEC_TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_PATH_MAX = 1024 };

/* Makes the folder under $TMPDIR (else /tmp); to be called once, in main(), before Check forks. */
void scratch_open(void);

/* Removes the folder and all in it. */
void scratch_close(void);

/* "FOLDER/NAME", formatted into `path`; nothing is made. */
void scratch_path(char path[SCRATCH_PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As scratch_path(), and makes that folder (it may exist). */
void scratch_folder(char path[SCRATCH_PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes, or reads wholly, the file `path`. What is read is the caller's to free, with a NUL behind it; a file that is
 * not there reads as empty. */
void scratch_write(const char *path, const void *bytes, size_t length);
char *scratch_read(const char *path, size_t *length);

/* Removes the folder `path` with all in it. */
void scratch_remove(const char *path);

/* Prints the line and ends the process with 1. */
void support_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Seconds of a clock that only goes forward. */
double support_seconds(void);

/* Rests a few milliseconds between two looks at something that is waited for. */
void support_pause(void);

/* How long anything is waited for before it counts as hanging: generous, as valgrind is slow. */
enum { SUPPORT_PATIENCE_SECONDS = 90 };

#endif
