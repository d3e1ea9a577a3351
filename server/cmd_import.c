/* wordvec import: runs the import, shows how far it is on standard error, and prints the summary on standard output.
 *
 * Ctrl-C has its usual effect, at once. The temporary file that then stays is hidden from every reader, and the next
 * import removes it; tidying up in a signal handler would only add ways to fail. */
#include <stdio.h>
#include <stdlib.h>

#include "server/commands.h"
#include "server/import_view.h"
#include "server/write_json.h"

static int print_json(const struct import_report *report) {
  struct bytes text;
  bytes_init(&text, 1 << 20); /* of texts that are bounded to far less */
  enum status status = write_json_report(&text, report);
  if (status == STATUS_OK)
    fwrite(text.data, 1, text.length, stdout);
  else
    fprintf(stderr, "wordvec import: the model is in place, but its report is not: %s\n", status_text(status));
  bytes_release(&text);
  return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_import(const struct options *options) {
  const struct import_flags *flags = &options->import;
  struct import_view view;
  import_view_begin(&view);
  struct import_options import = {
      .path = options->operand,
      .store = options->store,
      .name = flags->name,
      .format = flags->format,
      .words = flags->words,
      .limit = flags->limit,
      .duplicates = flags->duplicates,
      .encoding = flags->encoding,
      .strict = flags->strict,
      .replace = flags->force,
      .no_index = flags->no_index,
      .threads = command_threads(options, COMMAND_THREADS_MOST),
      .progress = import_view_progress,
      .warning = import_view_warning,
      .context = &view,
  };
  struct problem problem;
  struct import_report report;
  enum status status = import_run(&import, &problem, &report);
  import_view_end(&view);
  if (status != STATUS_OK) return command_fail(options, &problem);
  if (flags->report == REPORT_JSON) return print_json(&report);
  import_view_report(&report);
  return EXIT_SUCCESS;
}
