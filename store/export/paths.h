/* Where the files of an export go. */
#ifndef WORDVEC_STORE_EXPORT_PATHS_H
#define WORDVEC_STORE_EXPORT_PATHS_H

#include "store/export/form.h"

/* The paths of the form's files, by export_options' path and name. STATUS_BAD_ARGUMENT for two files and "-",
 * STATUS_LIMIT when one does not fit. */
enum status export_paths(const struct export_form *form, const char *path, const char *name, struct problem *problem,
                         char paths[EXPORT_FILES_MAX][MODEL_PATH_MAX]) MUST_USE;

#endif
