# Reads C files and prints "file:line: rule: what" for each breach of the project's design rules. Comments and the
# contents of literals are blanked first, so that words there mean nothing. POSIX awk, for mawk and gawk alike.

function breach(line, rule, text) {
  printf "%s:%d: %s: %s\n", FILENAME, line, rule, text
}

function room_of(path) {
  if (path ~ /^store\/export\//) return "store/export"
  if (path ~ /^store\/import\//) return "store/import"
  if (path ~ /^store\/matrix\//) return "store/matrix"
  if (path ~ /^store\/search\//) return "store/search"
  if (path ~ /^store\/[^\/]*$/) return "store"
  if (path ~ /^server\//) return "server"
  return "elsewhere"
}

# The line without comments and with empty literals. in_comment lives from line to line.
function code_of(line,    out, i, char, pair, quote) {
  out = ""
  quote = ""
  for (i = 1; i <= length(line); i++) {
    char = substr(line, i, 1)
    pair = substr(line, i, 2)
    if (in_comment) {
      if (pair == "*/") { in_comment = 0; i++ }
    } else if (quote != "") {
      if (char == "\\") i++
      else if (char == quote) { out = out char; quote = "" }
    } else if (pair == "/*") {
      in_comment = 1
      i++
      out = out " "
    } else if (pair == "//") {
      break
    } else {
      # A quote behind a digit or letter separates digits or ends a prefix: neither is used here.
      if (char == "\"" || char == "'") quote = char
      out = out char
    }
  }
  return out
}

function uses(code, pattern) {
  return code ~ ("(^|[^A-Za-z0-9_])(" pattern ")([^A-Za-z0-9_]|$)")
}

function calls(code, pattern) {
  return code ~ ("(^|[^A-Za-z0-9_])(" pattern ")[ \t]*[(]")
}

# ---- Who may include what

function edge_allowed(from, to, path) {
  if (from == "server") return to == "server" || to ~ /^store/
  if (from == "store/export") return to ~ /^store/ && to != "store/search"
  if (from == "store/import") return to ~ /^store/ && to != "store/export"
  if (from == "store/matrix") return to == "store/matrix" || to == "store"
  if (from == "store/search") return to == "store/search" || to == "store" || path ~ /^store\/matrix\/(rows|codes|graph|recall)\.h$/
  return to == "store"
}

function library_allowed(header) {
  if (header == "lmdb.h") return FILENAME ~ /^store\/matrix\/lmdb\.[ch]$/
  if (header == "utf8proc.h") return FILENAME ~ /^(store\/case_fold|store\/case_upper|server\/text_words)\.[ch]$/
  if (header == "microhttpd.h") return FILENAME ~ /^server\/(http|exchange|respond|guard|mhd_errors)[a-z_]*\.[ch]$/
  if (header ~ /^jansson/) return FILENAME ~ /^server\/(request|reading|params|remote|question|answer|render)[a-z_]*\.c$/
  if (header ~ /^curl\//) return FILENAME ~ /^server\/remote[a-z_]*\.[ch]$/
  return 1
}

function check_include(line,    header) {
  if (room == "elsewhere" || line !~ /^[ \t]*#[ \t]*include/) return
  header = line
  sub(/^[^"<]*["<]/, "", header)
  sub(/[">].*$/, "", header)
  if (line ~ /"/) {
    if (!edge_allowed(room, room_of(header), header)) breach(FNR, "include-edge", room " may not include " header)
  } else if (!library_allowed(header)) {
    breach(FNR, "include-library", "<" header "> does not belong here")
  }
}

# ---- Words that are refused, and where

function check_words(code) {
  if (code ~ /(^|[^A-Za-z0-9_])typedef[ \t]+struct([^A-Za-z0-9_]|$)/) breach(FNR, "typedef-struct", "write struct name")
  if (room == "elsewhere") return
  if (uses(code, "setlocale|uselocale")) breach(FNR, "locale", "numbers and bytes know no locale")
  if (uses(code, "MHD_USE_TURBO")) breach(FNR, "turbo", "MHD_USE_TURBO gained nothing steady")
  if (uses(code, "MHD_(digest|basic)_auth[a-z0-9_]*|MHD_queue_(basic_)?auth_(fail|required)[a-z0-9_]*|MHD_create_post_processor|MHD_post_process") ||
      uses(code, "MHD_ALLOW_UPGRADE|MHD_upgrade_action|MHD_create_response_for_upgrade") ||
      uses(code, "MHD_USE_(SSL|TLS)|MHD_OPTION_HTTPS_[A-Z_]*"))
    breach(FNR, "unused-parts", "basic and digest authentication, post processor, upgrade and TLS of libmicrohttpd stay unused")
  if (uses(code, "CURLOPT_(FOLLOWLOCATION|UNRESTRICTED_AUTH|VERBOSE|SSL_VERIFYPEER|SSL_VERIFYHOST)"))
    breach(FNR, "redirects", "the daemon that was named is the one asked, and shown a key")
  if (calls(code, "system|popen|posix_spawnp?|exec(l|lp|le|v|vp|ve|vpe)|fexecve|execveat|v?fork|dlopen"))
    breach(FNR, "starts-nothing", "the sandbox would refuse it, and nothing here needs it")
  if (calls(code, "strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|scanf|sscanf"))
    breach(FNR, "unsafe-call", "no bound or no way to see an error")
  if (calls(code, "fork|vfork|popen|system|posix_spawnp?|exec(l|le|lp|v|ve|vp|vpe)"))
    breach(FNR, "no-children", "a transaction of LMDB, and a map of its file, belong to no forked child")
  if (room == "store/import" && uses(code, "strtok_r|strsep|isspace|isblank|iswspace|isprint|isalnum"))
    breach(FNR, "word-bytes", "words are bytes: split on 0x20 and 0x0A only")
  if (room != "server" && (calls(code, "v?f?printf|f?puts|f?putc|putchar|perror") || uses(code, "stdout|stderr")))
    breach(FNR, "store-prints", "the store reports to its caller")
  # Of others' bytes: requests are parsed in request, and what daemons answer to a command in answer.
  if (uses(code, "json_load[a-z_]*") && FILENAME !~ /^server\/(request|answer)[a-z_]*\.c$/)
    breach(FNR, "json-parser", "only request and answer parse JSON")
  if (uses(code, "MHD_create_response[a-z_]*") && FILENAME != "server/respond.c")
    breach(FNR, "response-maker", "only respond makes responses")
  if (uses(code, "getenv|secure_getenv|environ|argv") && FILENAME !~ /^server\/(options[a-z_]*|main)\.[ch]$/)
    breach(FNR, "environment", "only options reads arguments and environment")
}

# ---- Functions: length and parameters

# Parameters of the definition that `text` opens; -1 when it is no function. Sets function_name.
function parameters_of(text,    i, char, depth, count, first) {
  gsub(/__attribute__[ \t]*\(\(([^()]|\([^()]*\))*\)\)/, " ", text)
  if (text ~ /=/ || !match(text, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) return -1
  function_name = substr(text, RSTART, RLENGTH - 1)
  text = substr(text, RSTART + RLENGTH)
  first = text
  sub(/\).*/, "", first)
  if (first ~ /^[ \t]*(void)?[ \t]*$/) return 0
  depth = 1
  count = 1
  for (i = 1; i <= length(text) && depth > 0; i++) {
    char = substr(text, i, 1)
    if (char == "(") depth++
    if (char == ")") depth--
    if (char == "," && depth == 1) count++
  }
  return count
}

# What is declared outside functions, or static within one, must not change: state belongs to who owns it.
function check_constant(text) {
  if (room == "elsewhere" || FILENAME !~ /\.c$/) return
  # Hooks that a library gives no context find it by their thread.
  if (FILENAME ~ /^server\/request_json_memory\.c$/ && text ~ /_Thread_local/) return
  # A signal handler has nothing else to find its state by.
  if (FILENAME == "store/matrix/mapping.c") return
  sub(/=.*/, "", text)
  gsub(/\[[^\]]*\]|__attribute__[ \t]*\(\(.*\)\)/, "", text)
  if (text ~ /[(]|(^|[ \t])(typedef|extern)[ \t]/ || text !~ /[A-Za-z_][ \t*]+[A-Za-z_]/) return
  if (text ~ /^[ \t]*(struct|union|enum)[ \t]+[A-Za-z0-9_]*[ \t]*$/) return
  sub(/^.*[*]/, "", text)
  if (text !~ /(^|[^A-Za-z0-9_])const([^A-Za-z0-9_]|$)/) breach(FNR, "mutable-global", "const is missing, or an owner")
}

function open_brace(    parameters) {
  if (depth == 0 && pending ~ /=/) check_constant(pending)
  if (depth++ > 0) return
  parameters = parameters_of(pending)
  in_function = parameters >= 0
  function_line = FNR
  # The signature of libmicrohttpd's callbacks is not ours to choose.
  if (parameters > 6 && pending !~ /enum MHD_Result/) breach(FNR, "parameters", function_name "() takes " parameters ", at most 6: use a struct")
}

function close_brace(    lines) {
  if (depth > 0) depth--
  if (depth > 0 || !in_function) return
  lines = FNR - function_line + 1
  if (lines > 100) breach(function_line, "function-length", function_name "() has " lines " lines, at most 100")
  in_function = 0
}

function check_functions(code,    i, char) {
  if (in_directive || code ~ /^[ \t]*#/) {
    in_directive = code ~ /\\$/
    return
  }
  if (depth > 0 && code ~ /^[ \t]+static[ \t]/) check_constant(code)
  for (i = 1; i <= length(code); i++) {
    char = substr(code, i, 1)
    if (char == "{") { open_brace(); pending = "" }
    else if (char == "}") { close_brace(); pending = "" }
    else if (char == ";" && depth == 0) { check_constant(pending); pending = "" }
    else if (depth == 0) pending = pending char
  }
  if (depth == 0) pending = pending " "
}

FNR == 1 {
  in_comment = in_directive = in_function = depth = 0
  pending = ""
  room = room_of(FILENAME)
}

{
  was_comment = in_comment
  code = code_of($0)
  if (!was_comment) check_include($0)
  check_words(code)
  check_functions(code)
}
