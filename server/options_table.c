/* The flags of every command. Limits, defaults and environment variables are stated here and nowhere else. */
#include "server/options_table.h"

#define AT(member) offsetof(struct options, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* In the order of their enums. */
static const char *const duplicates[] = {"first", "last", "error", NULL};
static const char *const encodings[] = {"keep", "replace", "skip", "error", NULL};
static const char *const misfits[] = {"error", "skip", NULL};
static const char *const report_formats[] = {"text", "json", NULL};
static const char *const log_formats[] = {"text", "json", "off", NULL};
static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const sandbox_policies[] = {"auto", "off", "required", NULL};
static const char *const ask_formats[] = {"text", "json", "tsv", NULL};
static const char *const kernels[] = {"auto", "scalar", "avx2", "avx512", "neon", NULL};

_Static_assert(DUPLICATES_FIRST == 0 && DUPLICATES_ERROR == COUNT(duplicates) - 2, "choices follow the enum");
_Static_assert(ENCODING_KEEP == 0 && ENCODING_ERROR == COUNT(encodings) - 2, "choices follow the enum");
_Static_assert(MISFITS_ERROR == 0 && MISFITS_SKIP == COUNT(misfits) - 2, "choices follow the enum");
_Static_assert(REPORT_TEXT == 0 && REPORT_JSON == COUNT(report_formats) - 2, "choices follow the enum");
_Static_assert(LOG_TEXT == 0 && LOG_OFF == COUNT(log_formats) - 2, "choices follow the enum");
_Static_assert(LOG_DEBUG == 0 && LOG_ERROR == COUNT(log_levels) - 2, "choices follow the enum");
_Static_assert(SANDBOX_AUTO == 0 && SANDBOX_REQUIRED == COUNT(sandbox_policies) - 2, "choices follow the enum");
_Static_assert(ASK_TEXT == 0 && ASK_TSV == COUNT(ask_formats) - 2, "choices follow the enum");

/* Those of server/word_policy.h, which judges them: a daemon may know more than this program. */
static const char *const oov_policies[] = {"error", "null", "zero", "unk", "mean", "subword", NULL};
static const char *const objectives[] = {"cosadd", "cosmul", NULL};
static const char *const bools[] = {"false", "true", NULL};
static const char *const case_policies[] = {"exact", "fallback", "fold", NULL};

_Static_assert(OOV_COUNT == COUNT(oov_policies) - 1 && CASE_COUNT == COUNT(case_policies) - 1,
               "choices follow the enum");

#define FLAG_OF_STORE                                                               \
  {                                                                                 \
    "store", FLAG_TEXT, AT(store), "DIR", "WORDVEC_STORE", "./store.d", NULL, 0, 0, \
        "The folder of the models: each file NAME.mdb in it is one."                \
  }
#define FLAG_OF_THREADS(text) \
  { "threads", FLAG_UNSIGNED, AT(threads), "N", "WORDVEC_THREADS", NULL, NULL, 1, 256, text }

static const struct flag import_flags[] = {
    FLAG_OF_STORE,
    {"name", FLAG_MODEL, AT(import.name), "NAME", NULL, NULL, NULL, 0, 0,
     "The model's name. Without it: the name of FILE less its endings .gz .zip\n"
     ".txt .vec .bin .ftz .npy .npz; needed when FILE is '-'."},
    {"format", FLAG_CHOICE, AT(import.format), "FORMAT", NULL, "auto", import_format_names, 0, 0,
     "What FILE is. 'auto' looks at its first bytes; gzip and zip are always\n"
     "seen by themselves."},
    {"words", FLAG_TEXT, AT(import.words), "FILE", NULL, NULL, NULL, 0, 0,
     "The words of an array (npy), one a line for each row. Without it: the file\n"
     "beside it, x.words.txt (or x.words) for x.npy."},
    {"limit", FLAG_SIZE, AT(import.limit), "N", NULL, NULL, NULL, 1, MODEL_ROWS_MAX, "Keep only the first N rows."},
    {"duplicates", FLAG_CHOICE, AT(import.duplicates), "WHICH", NULL, "first", duplicates, 0, 0,
     "Of rows with the same word, keep the first or the last, or take it as an\n"
     "error."},
    {"encoding-errors", FLAG_CHOICE, AT(import.encoding), "HOW", NULL, "keep", encodings, 0, 0,
     "Words that are not UTF-8: keep their bytes, replace what is wrong by\n"
     "U+FFFD, skip their rows, or take it as an error."},
    {"strict", FLAG_SWITCH, AT(import.strict), NULL, NULL, NULL, NULL, 0, 0,
     "Whatever would be skipped or warned of is an error."},
    {"force", FLAG_SWITCH, AT(import.force), NULL, NULL, NULL, NULL, 0, 0,
     "Replace a model of the same name. A running daemon changes over to the\n"
     "new one by itself."},
    {"no-index", FLAG_SWITCH, AT(import.no_index), NULL, NULL, NULL, NULL, 0, 0,
     "Make no graph for approximate search: every answer is exact, recall= or\n"
     "not. Without it: one is made from 50,000 rows on."},
    FLAG_OF_THREADS("Threads to work with. Without it: one for each core."),
    {"report", FLAG_CHOICE, AT(import.report), "FORMAT", NULL, "text", report_formats, 0, 0,
     "How the summary at the end is printed."},
};

static const struct flag init_flags[] = {
    FLAG_OF_STORE,
    {"name", FLAG_MODEL, AT(init.name), "NAME", NULL, NULL, NULL, 0, 0, "The model's name."},
    {"rows", FLAG_SIZE, AT(init.rows), "N", NULL, NULL, NULL, 1, MODEL_ROWS_MAX,
     "How many rows. With --words it may be left out: as many as there are words."},
    {"dim", FLAG_UNSIGNED, AT(init.dim), "N", NULL, NULL, NULL, 1, MODEL_DIM_MAX, "How many numbers a row has."},
    {"seed", FLAG_SIZE, AT(init.seed), "N", NULL, "0", NULL, 0, SIZE_MAX,
     "The same seed gives the same rows on every machine, and a model of more rows\n"
     "begins with them."},
    {"words", FLAG_TEXT, AT(init.words), "FILE", NULL, NULL, NULL, 0, 0,
     "The words, one a line, each once. Without it: the rows' numbers, 0, 1, 2 ..."},
    {"uniform", FLAG_PAIR, AT(init.uniform), "LOW,HIGH", NULL, NULL, NULL, 0, 0,
     "Numbers from LOW to HIGH, each as likely. Without it and --normal:\n"
     "-0.05,0.05, as Keras initialises an Embedding."},
    {"normal", FLAG_PAIR, AT(init.normal), "MEAN,SD", NULL, NULL, NULL, 0, 0,
     "Numbers of a normal distribution instead."},
    {"force", FLAG_SWITCH, AT(init.force), NULL, NULL, NULL, NULL, 0, 0, "Replace a model of the same name."},
    {"no-index", FLAG_SWITCH, AT(init.no_index), NULL, NULL, NULL, NULL, 0, 0,
     "Make no graph for approximate search. Without it: one is made from 50,000\n"
     "rows on."},
    FLAG_OF_THREADS("Threads to work with. Without it: one for each core."),
};

static const struct flag export_flags[] = {
    FLAG_OF_STORE,
    {"format", FLAG_CHOICE, AT(export.format), "FORMAT", NULL, "word2vec-text", export_format_names, 0, 0,
     "What is written. npy and tensorflow-projector are two files: vectors, and\n"
     "words one a line."},
    {"output", FLAG_TEXT, AT(export.output), "FILE", NULL, NULL, NULL, 0, 0,
     "Where: a file, a folder, or '-' for standard output. Without it: a file in\n"
     "the current folder with the model's name. Of two files it names the first:\n"
     "x.npy has x.words.txt beside it, vectors.tsv has metadata.tsv."},
    {"words", FLAG_TEXT, AT(export.words), "FILE", NULL, NULL, NULL, 0, 0,
     "Only these words, one a line ('-': standard input), in this order and each\n"
     "once. Without it: every row."},
    {"oov", FLAG_CHOICE, AT(export.oov), "POLICY", NULL, "error", oov_policies, 0, 0,
     "Words of that list that the model does not have: take the first as an error,\n"
     "leave them out (null), or give them zeros, the row for unknown words, the mean\n"
     "of all rows, or what their n-grams give."},
    {"case", FLAG_CHOICE, AT(export.letter_case), "POLICY", NULL, "exact", case_policies, 0, 0,
     "How words of the list are found: as written, else whatever their case\n"
     "(fallback), or always so (fold)."},
    {"misfits", FLAG_CHOICE, AT(export.misfits), "WHAT", NULL, "error", misfits, 0, 0,
     "Words that the format cannot hold (with a space, in word2vec-binary): take\n"
     "the first as an error, or leave their rows out and count them."},
    {"force", FLAG_SWITCH, AT(export.force), NULL, NULL, NULL, NULL, 0, 0, "Replace files that are there."},
};

/* One flag for each member of struct limits, but for threads and time-outs. */
#define FLAG_OF_LIMIT(kind, flag, member, variable, standard, minimum, maximum, text)                               \
  {                                                                                                                 \
    "limit-" flag, kind, AT(serve.limits.member), "N", "WORDVEC_LIMIT_" variable, standard, NULL, minimum, maximum, \
        text                                                                                                        \
  }
#define GIB ((size_t)1 << 30)

static const struct flag serve_flags[] = {
    FLAG_OF_STORE,
    {"listen", FLAG_ADDRESS, AT(serve.address), "ADDR:PORT", "WORDVEC_LISTEN", "127.0.0.1:8080", NULL, 0, 0,
     "Where to listen: an IPv4 address, or an IPv6 one in brackets, and a port;\n"
     "with port 0 the system chooses one, and the log says which. A socket that the\n"
     "service manager hands on (LISTEN_FDS) goes before it."},
    {"metrics-listen", FLAG_ADDRESS, AT(serve.metrics_address), "ADDR:PORT", "WORDVEC_METRICS_LISTEN", NULL, NULL, 0, 0,
     "An address of its own for /metrics, which is then not at --listen, with\n"
     "/livez and /readyz. No key is asked for there."},
    {"insecure-bind", FLAG_SWITCH, AT(serve.insecure_bind), NULL, "WORDVEC_INSECURE_BIND", NULL, NULL, 0, 0,
     "Needed to listen on an address that other machines reach without keys\n"
     "(--api-key-file): whoever reaches it may ask."},
    {"api-key-file", FLAG_TEXT, AT(api_key_file), "FILE", "WORDVEC_API_KEY_FILE", NULL, NULL, 0, 0,
     "The keys that clients must show one of (Authorization: Bearer KEY), one a\n"
     "line, of 16 to 512 characters; '#' begins a comment. Read again on SIGHUP.\n"
     "/livez and /readyz need none."},
    {"sandbox", FLAG_CHOICE, AT(serve.sandbox), "POLICY", "WORDVEC_SANDBOX", "auto", sandbox_policies, 0, 0,
     "Once started, read only what is needed, and write, start and connect to\n"
     "nothing: as far as the kernel can hold it (Landlock), not at all, or not\n"
     "start where it cannot."},
    {"cors-origin", FLAG_ORIGINS, AT(serve.cors_origins), "ORIGIN,...", "WORDVEC_CORS_ORIGIN", NULL, NULL, 0, 0,
     "Web pages of these origins (https://example.com) may read answers; '*':\n"
     "all pages. Without it: none but those of this server's own origin."},
    FLAG_OF_THREADS("Threads that talk to clients and look up rows. Without it: one for each\n"
                    "core, at most 4."),
    {"search-threads", FLAG_SIZE, AT(serve.limits.search_threads), "N", "WORDVEC_SEARCH_THREADS", NULL, NULL, 1, 256,
     "Threads that search, all of them on one query when no other waits. Without\n"
     "it: one for each core. They give way to lookups."},
    {"default-model", FLAG_MODEL, AT(serve.default_model), "NAME", "WORDVEC_DEFAULT_MODEL", NULL, NULL, 0, 0,
     "The model of requests that name none. Without it: the only one, when only\n"
     "one is served."},
    {"default-recall", FLAG_SHARE, AT(serve.default_recall), "SHARE", "WORDVEC_DEFAULT_RECALL", NULL, NULL, 0, 0,
     "The recall of queries to /neighbors that give neither recall nor exact, above\n"
     "0 and at most 1: models that have a graph then answer approximately. Without\n"
     "it they answer exactly."},
    {"fallback-store", FLAG_TEXT, AT(serve.fallback_store), "DIR", "WORDVEC_FALLBACK_STORE", NULL, NULL, 0, 0,
     "Served as long as the store has no model; given up for good when it has\n"
     "one."},
    {"kernel", FLAG_WORD, AT(serve.kernel), "KERNEL", "WORDVEC_KERNEL", "auto", kernels, 0, 0,
     "The arithmetic of searches, by instruction set. 'auto' takes the fastest\n"
     "that this machine has; all give the same bits."},
    {"log-format", FLAG_CHOICE, AT(serve.log_format), "FORMAT", "WORDVEC_LOG_FORMAT", "text", log_formats, 0, 0,
     "One line a request on standard error: as text, as a JSON object, or none\n"
     "but for slow ones. Start, stop and changes of models are told in any case."},
    {"log-level", FLAG_CHOICE, AT(serve.log_level), "LEVEL", "WORDVEC_LOG_LEVEL", "info", log_levels, 0, 0,
     "What is told: errors alone; warnings too (requests that were slow or failed\n"
     "with 5xx); all requests and events; or also what probes ask (debug)."},
    {"slow-request", FLAG_UNSIGNED, AT(serve.slow_milliseconds), "MILLISECONDS", "WORDVEC_SLOW_REQUEST", "1000", NULL,
     0, 86400000,
     "A request that takes as long before its answer begins is told as a warning,\n"
     "with the time in the queue and in the search. 0: none is."},
    FLAG_OF_LIMIT(FLAG_BYTES, "body-bytes", body_bytes, "BODY_BYTES", "1M", 1, GIB, "Bytes of a request's body."),
    FLAG_OF_LIMIT(FLAG_SIZE, "matrix-words", matrix_words, "MATRIX_WORDS", "1000000", 1, 100000000,
                  "Words of one request to /matrix."),
    FLAG_OF_LIMIT(FLAG_BYTES, "matrix-body-bytes", matrix_body_bytes, "MATRIX_BODY_BYTES", "32M", 1, 16 * GIB,
                  "Bytes of its body, where other requests may have --limit-body-bytes."),
    FLAG_OF_LIMIT(FLAG_SIZE, "answer-floats", answer_floats, "ANSWER_FLOATS", "4194304", 1, GIB,
                  "Floats of one answer, padding included."),
    FLAG_OF_LIMIT(FLAG_SIZE, "batch-queries", batch_queries, "BATCH_QUERIES", "1000", 1, 1000000,
                  "Queries of one batch to /neighbors."),
    FLAG_OF_LIMIT(FLAG_SIZE, "k", k, "K", "1000", 1, 1000000, "Neighbors of one query."),
    FLAG_OF_LIMIT(FLAG_SIZE, "words", words, "WORDS", "1000", 1, 1000000, "Words of one page of /words."),
    FLAG_OF_LIMIT(FLAG_SIZE, "json-depth", json_depth, "JSON_DEPTH", "64", 1, 1024,
                  "Levels of nesting in a JSON body."),
    FLAG_OF_LIMIT(FLAG_BYTES, "url-bytes", url_bytes, "URL_BYTES", "8K", 64, 12 << 10, "Bytes of a request's URL."),
    FLAG_OF_LIMIT(FLAG_SIZE, "query-arguments", query_arguments, "QUERY_ARGUMENTS", "256", 1, 256,
                  "Arguments in a URL's query string."),
    FLAG_OF_LIMIT(FLAG_BYTES, "parsing-bytes", parsing_bytes, "PARSING_BYTES", "256M", 1 << 20, 1024 * GIB,
                  "Memory of all requests that are being read and worked on; beyond it: 503."),
    FLAG_OF_LIMIT(FLAG_BYTES, "answer-bytes", answer_bytes, "ANSWER_BYTES", "512M", 1 << 20, 1024 * GIB,
                  "Memory of all answers that are being written and sent; beyond it: 503."),
    {"text-cache", FLAG_BYTES, AT(serve.limits.text_cache_bytes), "BYTES", "WORDVEC_TEXT_CACHE", "64M", NULL, 0,
     256 * GIB, "Memory for the JSON of vectors that are asked for often; 0: none."},
    FLAG_OF_LIMIT(FLAG_SIZE, "connections", connections, "CONNECTIONS", "10000", 1, 1000000,
                  "Connections at a time; fewer where the system allows fewer descriptors.\n"
                  "Beyond it: 503."),
    FLAG_OF_LIMIT(FLAG_SIZE, "search-batch", search_batch, "SEARCH_BATCH", "32", 1, 1024,
                  "Searches worked on at a time, which share passes over the matrix; half as\n"
                  "many batches are, beside them."),
    FLAG_OF_LIMIT(FLAG_SIZE, "search-queue", search_queue, "SEARCH_QUEUE", "1024", 1, 1000000,
                  "Searches that wait until others are done; beyond it: 503."),
    {"search-timeout", FLAG_UNSIGNED, AT(serve.limits.search_timeout_seconds), "SECONDS", "WORDVEC_SEARCH_TIMEOUT",
     "10", NULL, 1, 3600, "How long a search waits for others; after it: 503."},
    {"timeout", FLAG_UNSIGNED, AT(serve.limits.timeout_seconds), "SECONDS", "WORDVEC_TIMEOUT", "30", NULL, 1, 86400,
     "After which a connection that is idle or stalled is closed; also what the head of\n"
     "a request may take, and its body and the answer beside a second for each KiB\n"
     "sent and 16 KiB read."},
    {"drain-delay", FLAG_UNSIGNED, AT(serve.limits.drain_delay_seconds), "SECONDS", "WORDVEC_DRAIN_DELAY", "0", NULL, 0,
     3600,
     "How long after SIGTERM or SIGINT connections are still accepted, while /readyz\n"
     "says 503 and each answer ends its connection: the time that a load balancer\n"
     "takes to notice. A second signal ends it."},
    {"drain-timeout", FLAG_UNSIGNED, AT(serve.limits.drain_timeout_seconds), "SECONDS", "WORDVEC_DRAIN_TIMEOUT", "8",
     NULL, 0, 3600, "How long requests in flight are then waited for."},
};

static const struct flag verify_flags[] = {
    FLAG_OF_STORE,
    FLAG_OF_THREADS("Threads to work with. Without it: one for each core."),
};

static const struct flag healthcheck_flags[] = {
    {"url", FLAG_TEXT, AT(url), "URL", "WORDVEC_URL", NULL, NULL, 0, 0,
     "The daemon to ask. Without it: the address in WORDVEC_LISTEN, else\n"
     "http://127.0.0.1:8080."},
    {"api-key-file", FLAG_TEXT, AT(api_key_file), "FILE", NULL, NULL, NULL, 0, 0,
     "A file of keys: the first is shown, which something in front of the daemon\n"
     "may ask for. The daemon's own /readyz needs none."},
};

/* ---- Commands that ask. Their flags are the parameters of the request, under the same name with '_' for '-'. */

#define FLAGS_OF_ASKING                                                                   \
  FLAG_OF_STORE,                                                                          \
      {"url",                                                                             \
       FLAG_TEXT,                                                                         \
       AT(url),                                                                           \
       "URL",                                                                             \
       "WORDVEC_URL",                                                                     \
       NULL,                                                                              \
       NULL,                                                                              \
       0,                                                                                 \
       0,                                                                                 \
       "The daemon to ask, such as http://127.0.0.1:8080. Without it the store is read\n" \
       "here, and the answer is the same."},                                              \
      {"api-key-file",                                                                    \
       FLAG_TEXT,                                                                         \
       AT(api_key_file),                                                                  \
       "FILE",                                                                            \
       "WORDVEC_API_KEY_FILE",                                                            \
       NULL,                                                                              \
       NULL,                                                                              \
       0,                                                                                 \
       0,                                                                                 \
       "A file of keys, of which the daemon is shown the first."},                        \
      {"timeout",                                                                         \
       FLAG_UNSIGNED,                                                                     \
       AT(ask.timeout_seconds),                                                           \
       "SECONDS",                                                                         \
       NULL,                                                                              \
       "60",                                                                              \
       NULL,                                                                              \
       1,                                                                                 \
       86400,                                                                             \
       "How long an answer of the daemon is waited for."},                                \
      FLAG_OF_THREADS("Threads to read the store with. Without it: one for each core.")
#define FLAG_OF_MODEL                                                          \
  {                                                                            \
    "model", FLAG_TEXT, AT(ask.model), "NAME", NULL, NULL, NULL, 0, 0,         \
        "The model to ask. Without it: the only one, or the daemon's default." \
  }
#define FLAG_OF_FORMAT                                                                             \
  {                                                                                                \
    "format", FLAG_CHOICE, AT(ask.format), "FORMAT", NULL, "text", ask_formats, 0, 0,              \
        "text is for people. tsv is a record a line and a tab between fields, where a tab,\n"      \
        "line feed, carriage return and backslash in a word are \\t, \\n, \\r and \\\\. json is\n" \
        "the answer as the server gives it, one a line."                                           \
  }
#define FLAGS_OF_WORDS                                                                        \
  {"oov",                                                                                     \
   FLAG_ASK_CHOICE,                                                                           \
   0,                                                                                         \
   "POLICY",                                                                                  \
   NULL,                                                                                      \
   NULL,                                                                                      \
   oov_policies,                                                                              \
   0,                                                                                         \
   0,                                                                                         \
   "What a word that is not in the vocabulary gets: an error, nothing, zeros, the row of\n"   \
   "the model's <unk>, the mean of all rows, or fastText's vector of its n-grams."},          \
  {                                                                                           \
    "case", FLAG_ASK_CHOICE, 0, "POLICY", NULL, NULL, case_policies, 0, 0,                    \
        "Which spelling is the word: exactly this one, another case where there is no such\n" \
        "word, or the first of any case."                                                     \
  }

static const struct flag vector_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT, FLAGS_OF_WORDS};

/* Of what searches: which rows, how many, how. */
#define FLAGS_OF_SEARCHING                                                                                          \
  {"k", FLAG_ASK_INTEGER, 0, "N", NULL, NULL, NULL, 1, 1000000, "How many neighbors. Without it: 10."},             \
      {"objective",                                                                                                 \
       FLAG_ASK_CHOICE,                                                                                             \
       0,                                                                                                           \
       "OBJECTIVE",                                                                                                 \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       objectives,                                                                                                  \
       0,                                                                                                           \
       0,                                                                                                           \
       "Of a sum: cosadd compares with the sum of the vectors, cosmul multiplies their\n"                           \
       "similarities (3CosMul)."},                                                                                  \
      {"restrict-vocab", FLAG_ASK_SIGNED, 0, "N", NULL, NULL, NULL, 0, 0, "Only the first N rows."},                \
      {"clip-start",                                                                                                \
       FLAG_ASK_SIGNED,                                                                                             \
       0,                                                                                                           \
       "ROW",                                                                                                       \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       0,                                                                                                           \
       0,                                                                                                           \
       "Only rows from this one on; a negative number counts from the end."},                                       \
      {"clip-end", FLAG_ASK_SIGNED, 0, "ROW", NULL, NULL, NULL, 0, 0, "Only rows before this one."},                \
      {"candidates", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0, "Only this word; may be repeated."},        \
      {"min-similarity", FLAG_ASK_NUMBER, 0, "X", NULL, NULL, NULL, 0, 0, "Leave out what is less similar."},       \
      {"include-query",                                                                                             \
       FLAG_ASK_SWITCH,                                                                                             \
       0,                                                                                                           \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       NULL,                                                                                                        \
       0,                                                                                                           \
       0,                                                                                                           \
       "Leave the words of the query in the answer."},                                                              \
      {"exact", FLAG_ASK_SWITCH, 0, NULL, NULL, NULL, NULL, 0, 0, "Compare every row, whatever the default is."}, { \
    "recall", FLAG_ASK_NUMBER, 0, "SHARE", NULL, NULL, NULL, 0, 0,                                                  \
        "Search approximately, with this recall, where the model has a graph."                                      \
  }

static const struct flag neighbors_flags[] = {
    FLAGS_OF_ASKING,
    FLAG_OF_MODEL,
    FLAG_OF_FORMAT,
    {"positive", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0,
     "A word that is added; may be repeated. Sums take the place of WORD."},
    {"negative", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0, "A word that is subtracted; may be repeated."},
    {"weights", FLAG_ASK_NUMBERS, 0, "N,N,...", NULL, NULL, NULL, 0, 0,
     "Weights of the positive words, then of the negative ones, instead of 1 and -1."},
    {"index", FLAG_ASK_INTEGER, 0, "ROW", NULL, NULL, NULL, 0, MODEL_ROWS_MAX, "A row instead of WORD."},
    {"vector", FLAG_ASK_NUMBERS, 0, "X,X,...", NULL, NULL, NULL, 0, 0, "A vector instead of WORD."},
    FLAGS_OF_SEARCHING,
    FLAGS_OF_WORDS,
};

static const struct flag analogy_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT, FLAGS_OF_SEARCHING,
                                            FLAGS_OF_WORDS};

static const struct flag similarity_flags[] = {
    FLAGS_OF_ASKING,
    FLAG_OF_MODEL,
    FLAG_OF_FORMAT,
    {"a", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0,
     "A word of the first of two sets, whose means are compared; may be repeated."},
    {"b", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0, "A word of the second set; may be repeated."},
    {"others", FLAG_ASK_WORDS, 0, "WORD", NULL, NULL, NULL, 0, 0, "Compare each WORD with this one; may be repeated."},
    {"every-row", FLAG_SWITCH, AT(ask.every_row), NULL, NULL, NULL, NULL, 0, 0,
     "Compare each WORD with every row of the model."},
    FLAGS_OF_WORDS,
};

static const struct flag list_of_words_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT, FLAGS_OF_WORDS};

static const struct flag closer_than_flags[] = {
    FLAGS_OF_ASKING,
    FLAG_OF_MODEL,
    FLAG_OF_FORMAT,
    {"limit", FLAG_ASK_INTEGER, 0, "N", NULL, NULL, NULL, 1, 1000000, "At most N words. Without it: 1,000."},
    FLAGS_OF_WORDS,
};

static const struct flag mean_flags[] = {
    FLAGS_OF_ASKING,
    FLAG_OF_MODEL,
    FLAG_OF_FORMAT,
    {"weights", FLAG_ASK_NUMBERS, 0, "N,N,...", NULL, NULL, NULL, 0, 0, "A weight for each word instead of 1."},
    {"pre-normalize", FLAG_ASK_BOOL, 0, "BOOL", NULL, NULL, bools, 0, 0,
     "Scale each vector to length 1 first. Without it: true, as in gensim."},
    {"post-normalize", FLAG_ASK_BOOL, 0, "BOOL", NULL, NULL, bools, 0, 0,
     "Scale the mean to length 1. Without it: false, as in gensim."},
    FLAGS_OF_WORDS,
};

static const struct flag model_flags[] = {FLAGS_OF_ASKING, FLAG_OF_FORMAT};
static const struct flag lookup_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT};
static const struct flag index_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT, FLAGS_OF_WORDS};
static const struct flag word_flags[] = {FLAGS_OF_ASKING, FLAG_OF_MODEL, FLAG_OF_FORMAT};

static const struct flag words_flags[] = {
    FLAGS_OF_ASKING,
    FLAG_OF_MODEL,
    FLAG_OF_FORMAT,
    {"prefix", FLAG_ASK_WORD, 0, "TEXT", NULL, NULL, NULL, 0, 0, "Only words that begin so."},
    {"after", FLAG_ASK_WORD, 0, "WORD", NULL, NULL, NULL, 0, 0, "Only words behind this one, in byte order."},
    {"limit", FLAG_SIZE, AT(ask.limit), "N", NULL, NULL, NULL, 1, MODEL_ROWS_MAX,
     "At most N words. Without it: all of them."},
};

static const struct flag eval_flags[] = {
    {"analogies", FLAG_TEXT, AT(eval.analogies), "FILE", NULL, NULL, NULL, 0, 0,
     "Questions: lines 'A B C D' under lines ': SECTION', plain or gzipped; '-' is\n"
     "standard input."},
    {"pairs", FLAG_TEXT, AT(eval.pairs), "FILE", NULL, NULL, NULL, 0, 0,
     "Judgements: lines of two words and a number, tabs between them."},
    {"delimiter", FLAG_TEXT, AT(eval.delimiter), "TEXT", NULL, NULL, NULL, 0, 0,
     "What stands between the fields of a pair. Without it: a tab."},
    {"restrict-vocab", FLAG_SIZE, AT(eval.restrict_vocab), "N", NULL, "300000", NULL, 1, MODEL_ROWS_MAX,
     "Know only the first N rows."},
    {"case-sensitive", FLAG_SWITCH, AT(eval.case_sensitive), NULL, NULL, NULL, NULL, 0, 0,
     "Take words as they are written. Without it: by their upper case, the first row\n"
     "of each."},
    {"dummy4unknown", FLAG_SWITCH, AT(eval.dummy4unknown), NULL, NULL, NULL, NULL, 0, 0,
     "Count a question with an unknown word as answered wrongly, and such a pair as\n"
     "of similarity 0. Without it they are left out."},
    {"objective", FLAG_ASK_CHOICE, 0, "OBJECTIVE", NULL, NULL, objectives, 0, 0,
     "How analogies are solved: cosadd, or cosmul."},
    FLAG_OF_FORMAT,
    FLAGS_OF_ASKING,
};

static const struct flag ask_flags[] = {FLAGS_OF_ASKING};

#define MANY(least) .operands_least = (least), .operands_most = OPERANDS_ANY
#define OF_STANDARD_INPUT                                                                 \
  "Without words, or where '-' is the only one, they are read from standard input, one\n" \
  "a line, and answered as they come.\n"

#define OF_LINES(what)                                                     \
  "Without words, or with '-' alone, each line of standard input is " what \
  ",\n"                                                                    \
  "with tabs between them or, in a line without tabs, spaces.\n"

static const struct command_table commands[COMMAND_COUNT] = {
    [COMMAND_IMPORT] = {"import", "FILE", "read a matrix of word vectors into the store",
                        "Reads a matrix of word vectors (GloVe text, word2vec text or binary, fastText\n"
                        ".vec, NumPy's .npy beside a list of words; plain, gzip or zip) and writes it into\n"
                        "the store as one file, NAME.mdb.\n"
                        "\n"
                        "FILE may be '-' for standard input, and ARCHIVE.zip:MEMBER where an archive\n"
                        "holds several files. Rows that are not usable are skipped, counted and named;\n"
                        "anything else that is wrong stops the import, with its line or byte. The model\n"
                        "appears only when it is complete and on the disk: an import that is stopped,\n"
                        "by Ctrl-C or a crash, leaves nothing but a hidden temporary file, which the\n"
                        "next import removes. Progress goes to standard error, the summary to standard\n"
                        "output.\n",
                        .flags = import_flags, .flag_count = COUNT(import_flags)},
    [COMMAND_INIT] = {"init", NULL, "make a model of random rows",
                      "Makes a model of random rows, as an Embedding layer has before it is trained: to\n"
                      "test with, and to start from. It goes into the store as an import does.\n",
                      .flags = init_flags, .flag_count = COUNT(init_flags)},
    [COMMAND_EXPORT] = {"export", "NAME", "write a model in a format that others read",
                        "Writes a model of the store as word2vec, GloVe, fastText, NumPy and the TensorFlow\n"
                        "Projector read it. Imported again it is the same to the last bit; text has as\n"
                        "many digits as that needs. A word that the format cannot hold is named. Files\n"
                        "appear only when they are complete and on the disk. Progress goes to standard\n"
                        "error, the summary to standard output, unless the rows go there.\n",
                        .flags = export_flags, .flag_count = COUNT(export_flags)},
    [COMMAND_SERVE] = {"serve", NULL, "answer HTTP requests from the models of the store",
                       "Serves every model of the store over HTTP. New, replaced and removed files are\n"
                       "noticed within two seconds, or at once on SIGHUP. SIGTERM and SIGINT finish the\n"
                       "requests in flight first. Each flag has an environment variable, shown with it;\n"
                       "the flag goes before the variable.\n",
                       .flags = serve_flags, .flag_count = COUNT(serve_flags)},
    [COMMAND_LIST] = {"list", NULL, "list the models of the store",
                      "Lists the models of the store or of a daemon: name, rows, dimension, size and\n"
                      "digest.\n",
                      model_flags, COUNT(model_flags), .asks = true},
    [COMMAND_INFO] = {"info", "NAME", "show what is known of a model",
                      "Shows what the store, or a daemon, knows of a model: its shape, digest and source,\n"
                      "when it was imported, and what was skipped. A tsv record is a name and a value.\n",
                      model_flags, COUNT(model_flags), .asks = true},
    [COMMAND_VERIFY] = {"verify", "NAME|FILE", "check every invariant of a model's file",
                        "Checks a model of the store, or a model file anywhere, from its checksums down\n"
                        "to every row and word, and says what was checked. Exit status 1 when something\n"
                        "does not hold. An operand that holds a '/' or ends in .mdb is a file.\n",
                        .flags = verify_flags, .flag_count = COUNT(verify_flags)},
    [COMMAND_HEALTHCHECK] = {"healthcheck", NULL, "exit 0 when a daemon is ready",
                             "Asks a daemon's /readyz, for at most 3 seconds, and exits 0 when it is ready and\n"
                             "1 when it is not, saying why on standard error. Made for containers.\n",
                             .flags = healthcheck_flags, .flag_count = COUNT(healthcheck_flags)},
    [COMMAND_VECTOR] = {"vector", "[WORD]...", "print the vectors of words",
                        "Prints each word with its vector, as 'fasttext print-word-vectors' does. A word that\n"
                        "is not in the vocabulary has no numbers, is told on standard error and makes the\n"
                        "exit status 1, unless --oov says what it gets.\n" OF_STANDARD_INPUT,
                        vector_flags, COUNT(vector_flags), MANY(0), .asks = true},
    [COMMAND_NEIGHBORS] = {"neighbors", "[WORD]...", "print the nearest neighbors of words",
                           "Prints the words nearest to each WORD, to a sum of words (--positive, --negative:\n"
                           "gensim's most_similar), to a row (--index) or to a vector (--vector). A tsv record\n"
                           "is word, index and similarity, behind the WORD it is a neighbor of where there may\n"
                           "be several.\n" OF_STANDARD_INPUT,
                           neighbors_flags, COUNT(neighbors_flags), MANY(0), .asks = true},
    [COMMAND_LOOKUP] =
        {"lookup", "[INDEX]...", "print the vectors of rows",
         "Prints rows by their numbers, which count from 0 in the order of the file.\n" OF_STANDARD_INPUT, lookup_flags,
         COUNT(lookup_flags), MANY(0), .asks = true},
    [COMMAND_INDEX] = {"index", "[WORD]...", "print the rows' numbers of words",
                       "Prints each word with the number of its row.\n" OF_STANDARD_INPUT, index_flags,
                       COUNT(index_flags), MANY(0), .asks = true},
    [COMMAND_WORD] = {"word", "[INDEX]...", "print the words of rows",
                      "Prints the word of each row with the row's number.\n" OF_STANDARD_INPUT, word_flags,
                      COUNT(word_flags), MANY(0), .asks = true},
    [COMMAND_WORDS] = {"words", NULL, "list the words of a model",
                       "Lists words with the numbers of their rows, in byte order.\n", words_flags, COUNT(words_flags),
                       .asks = true},
    [COMMAND_SIMILARITY] = {"similarity", "[WORD]...", "print how similar words are",
                            "Prints the cosine of two words; of more than two, or with --others or --every-row,\n"
                            "a matrix: a line for each of the others, a column for each WORD. With --a and --b\n"
                            "it is that of two sets (gensim's n_similarity). A tsv record is A, B and their\n"
                            "similarity.\n" OF_LINES("the two words"),
                            similarity_flags, COUNT(similarity_flags), MANY(0), .asks = true},
    [COMMAND_ANALOGY] = {"analogy", "[A B C]", "print what is to C as B is to A",
                         "Prints the neighbors of B - A + C: A is to B as C is to what. Of 'man king woman'\n"
                         "that is queen.\n" OF_LINES("the three words"),
                         analogy_flags, COUNT(analogy_flags), .operands_most = 3, .asks = true},
    [COMMAND_DOESNT_MATCH] = {"doesnt-match", "[WORD]...", "print which of the words is least like the others",
                              "Prints the word that is farthest from the mean of all, with its row.\n" OF_LINES(
                                  "such a list"),
                              list_of_words_flags, COUNT(list_of_words_flags), MANY(0), .asks = true},
    [COMMAND_RANK] = {"rank", "[WORD OTHER]", "print how near OTHER is to WORD, as a rank",
                      "Prints WORD, OTHER and the rank of OTHER among the neighbors of WORD, from 1.\n" OF_LINES(
                          "the two words"),
                      list_of_words_flags, COUNT(list_of_words_flags), .operands_most = 2, .asks = true},
    [COMMAND_CLOSER_THAN] = {"closer-than", "WORD THAN", "print the words that are nearer to WORD than THAN is",
                             "Prints the words that are more similar to WORD than THAN is, nearest first.\n",
                             closer_than_flags, COUNT(closer_than_flags), .operands_least = 2, .operands_most = 2,
                             .asks = true},
    [COMMAND_MEAN] = {"mean", "[WORD]...", "print the mean of words' vectors",
                      "Prints the numbers of the mean of the words' vectors (gensim's get_mean_vector).\n" OF_LINES(
                          "such a list"),
                      mean_flags, COUNT(mean_flags), MANY(0), .asks = true},
    [COMMAND_ASK] = {"ask", "ROUTE [JSON]", "send any request, and print the answer as it is",
                     "Asks what the other commands do not: ROUTE is a path with its query string, such as\n"
                     "'/neighbors?word=cat'; with JSON it is a POST with that body, '-' taking it from\n"
                     "standard input. The answer is printed as it came, whatever its format.\n",
                     ask_flags, COUNT(ask_flags), .operands_least = 1, .operands_most = 2, .asks = true},
    [COMMAND_EVAL] = {"eval", "NAME", "score a model on analogies and on judged pairs of words",
                      "Scores a model as gensim's evaluate_word_analogies and evaluate_word_pairs do: the\n"
                      "share of analogies that it solves, by section, and how far its similarities go with\n"
                      "those that people judged (Pearson's and Spearman's correlation).\n",
                      eval_flags, COUNT(eval_flags), .asks = true},
    [COMMAND_COMPLETION] = {"completion", "bash|zsh", "print the completion script of a shell",
                            "Prints what completes commands, flags, choices and names of models:\n"
                            "\n"
                            "  source <(wordvec completion bash)\n"
                            "  wordvec completion zsh > ~/.zfunc/_wordvec    (a folder of $fpath)\n"
                            "\n"
                            "'make install' puts both where the shells look for them.\n",
                            .flags = NULL},
    [COMMAND_MANUAL] = {"manual", NULL, "print the manual page, for man",
                        "Prints the manual page in roff: 'wordvec manual | man -l -'. 'make install' makes it\n"
                        "known to man.\n",
                        .flags = NULL},
};

const struct command_table *command_table(void) {
  return commands;
}
