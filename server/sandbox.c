/* Landlock by its system calls, which the C library has no functions for. The structures are stated here, for the
 * kernel's own header is often older than the kernel: it takes them in any length, if what it does not know is zero
 * (Documentation/userspace-api/landlock.rst). A file's rule holds for the file that was found, not for its name. */
#include "server/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on every architecture. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, CREATE_RULESET_VERSION = 1 };
enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

#define FILE_RIGHTS(count) (((uint64_t)1 << (count)) - 1)
#define READ_FILE ((uint64_t)1 << 2)
#define READ_FOLDER ((uint64_t)1 << 3)
#define BIND_TCP ((uint64_t)1 << 0)
#define CONNECT_TCP ((uint64_t)1 << 1)
#define SCOPE_ABSTRACT_SOCKETS ((uint64_t)1 << 0)
#define SCOPE_SIGNALS ((uint64_t)1 << 1)

/* Since which version of Landlock, from 1, there is what. */
enum { SINCE_REFER = 2, SINCE_TRUNCATE = 3, SINCE_TCP = 4, SINCE_IOCTL = 5, SINCE_SCOPES = 6 };

struct ruleset {
  uint64_t files;
  uint64_t net;
  uint64_t scopes;
};

struct path_beneath {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

struct net_port {
  uint64_t allowed;
  uint64_t port;
};

enum { TEXT_SIZE = 1024, PORTS_MOST = 8, RULES_MOST = 256 };

struct sandbox {
  long version;
  bool abstract_sockets;
  size_t port_count;
  uint16_t ports[PORTS_MOST];
  size_t rule_count;
  struct rule {
    int descriptor; /* opened with O_PATH */
    dev_t device;
    ino_t inode;
    bool folder;
  } rules[RULES_MOST];
  size_t used;
  char folders[TEXT_SIZE / 2]; /* of the rules, as far as they fit */
  bool more;                   /* they did not */
  char text[TEXT_SIZE];
};

enum status sandbox_open(struct problem *problem, struct sandbox **out) {
  long version = syscall(CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
  if (version < 1)
    return problem_set(problem, STATUS_UNSUPPORTED, 0, "this system has no Landlock, or it is turned off");
  struct sandbox *sandbox = calloc(1, sizeof *sandbox);
  if (!sandbox) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  sandbox->version = version;
  *out = sandbox;
  return STATUS_OK;
}

void sandbox_close(struct sandbox *sandbox) {
  if (!sandbox) return;
  for (size_t i = 0; i < sandbox->rule_count; i++) close(sandbox->rules[i].descriptor);
  free(sandbox);
}

/* ---- What stays allowed */

static void note_folder(struct sandbox *sandbox, const char *path) {
  char *end = sandbox->folders + sandbox->used;
  size_t room = sizeof sandbox->folders - sandbox->used;
  size_t length = (size_t)snprintf(end, room, "%s%s", sandbox->used > 0 ? ", " : "", path);
  if (length < room) {
    sandbox->used += length;
  } else {
    *end = '\0';
    sandbox->more = true;
  }
}

/* Allows reading beneath `path`, if it is there. */
static enum status allow_beneath(struct sandbox *sandbox, const char *path, struct problem *problem) {
  struct stat found;
  int descriptor = open(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) return STATUS_OK;
  if (descriptor < 0 || fstat(descriptor, &found) != 0) {
    int error = errno;
    if (descriptor >= 0) close(descriptor);
    return problem_set_errno(problem, error, "cannot open %.300s to allow reading it", path);
  }
  for (size_t i = 0; i < sandbox->rule_count; i++) {
    if (sandbox->rules[i].device != found.st_dev || sandbox->rules[i].inode != found.st_ino) continue;
    close(descriptor);
    return STATUS_OK;
  }
  if (sandbox->rule_count == RULES_MOST) {
    close(descriptor);
    return problem_set(problem, STATUS_LIMIT, 0, "files are read from more than %d folders", RULES_MOST);
  }
  sandbox->rules[sandbox->rule_count++] = (struct rule){descriptor, found.st_dev, found.st_ino, S_ISDIR(found.st_mode)};
  note_folder(sandbox, path);
  return STATUS_OK;
}

/* Cuts the last name off a path: "a/b" becomes "a", "a" becomes ".", "/a" becomes "/". */
static void cut_name(char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') path[--length] = '\0';
  char *slash = strrchr(path, '/');
  if (!slash)
    memcpy(path, ".", sizeof ".");
  else
    slash[slash == path] = '\0';
}

static bool is_root(const char *path) {
  struct stat root, found;
  return stat("/", &root) == 0 && stat(path, &found) == 0 && root.st_ino == found.st_ino && root.st_dev == found.st_dev;
}

/* Whether something is mounted at `path`, be it a folder of the same file system. */
static bool is_mounted(const char *path) {
  struct statx found;
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Allows what is at the path, and what may come to be there. The path is walked up until there is something. */
static enum status allow_place(struct sandbox *sandbox, const char *path, struct problem *problem) {
  char parent[PATH_MAX];
  if ((size_t)snprintf(parent, sizeof parent, "%s", path) >= sizeof parent)
    return problem_set(problem, STATUS_LIMIT, 0, "a path is too long: %.200s...", path);
  cut_name(parent);
  if (access(path, F_OK) == 0 && (is_root(parent) || is_mounted(path))) return allow_beneath(sandbox, path, problem);
  while (access(parent, F_OK) != 0 && strcmp(parent, "/") != 0 && strcmp(parent, ".") != 0) cut_name(parent);
  return allow_beneath(sandbox, parent, problem);
}

enum status sandbox_allow_reading(struct sandbox *sandbox, const char *path, struct problem *problem) {
  enum status status = allow_place(sandbox, path, problem);
  char *real = status == STATUS_OK ? realpath(path, NULL) : NULL;
  if (real && strcmp(real, path) != 0) status = allow_place(sandbox, real, problem);
  free(real);
  return status;
}

enum status sandbox_allow_folder(struct sandbox *sandbox, const char *folder, struct problem *problem) {
  return allow_beneath(sandbox, folder, problem);
}

enum status sandbox_allow_store(struct sandbox *sandbox, const char *folder, struct problem *problem) {
  enum status status = sandbox_allow_reading(sandbox, folder, problem);
  DIR *directory = status == STATUS_OK ? opendir(folder) : NULL;
  const struct dirent *item;
  while (status == STATUS_OK && directory && (item = readdir(directory))) {
    char path[PATH_MAX];
    if (item->d_type != DT_LNK && item->d_type != DT_UNKNOWN) continue;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, item->d_name) >= sizeof path) continue;
    char *real = realpath(path, NULL);
    if (real) status = allow_place(sandbox, real, problem);
    free(real);
  }
  if (directory) closedir(directory);
  return status;
}

enum status sandbox_allow_listening(struct sandbox *sandbox, uint16_t port, struct problem *problem) {
  if (sandbox->port_count == PORTS_MOST)
    return problem_set(problem, STATUS_LIMIT, 0, "there are more than %d ports to listen on", PORTS_MOST);
  sandbox->ports[sandbox->port_count++] = port;
  return STATUS_OK;
}

void sandbox_allow_abstract_sockets(struct sandbox *sandbox) {
  sandbox->abstract_sockets = true;
}

/* ---- In force */

static struct ruleset ruleset_of(const struct sandbox *sandbox) {
  struct ruleset rules = {.files = FILE_RIGHTS(13)};
  if (sandbox->version >= SINCE_REFER) rules.files = FILE_RIGHTS(14);
  if (sandbox->version >= SINCE_TRUNCATE) rules.files = FILE_RIGHTS(15);
  if (sandbox->version >= SINCE_IOCTL) rules.files = FILE_RIGHTS(16);
  if (sandbox->version >= SINCE_TCP) rules.net = BIND_TCP | CONNECT_TCP;
  if (sandbox->version >= SINCE_SCOPES) {
    rules.scopes = SCOPE_SIGNALS;
    if (!sandbox->abstract_sockets) rules.scopes |= SCOPE_ABSTRACT_SOCKETS;
  }
  return rules;
}

static bool add_rules(const struct sandbox *sandbox, int ruleset) {
  for (size_t i = 0; i < sandbox->rule_count; i++) {
    const struct rule *rule = &sandbox->rules[i];
    const struct path_beneath beneath = {.allowed = rule->folder ? READ_FILE | READ_FOLDER : READ_FILE,
                                         .parent = rule->descriptor};
    if (syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &beneath, 0) != 0) return false;
  }
  for (size_t i = 0; i < sandbox->port_count && sandbox->version >= SINCE_TCP; i++) {
    const struct net_port port = {.allowed = BIND_TCP, .port = sandbox->ports[i]};
    if (syscall(ADD_RULE, ruleset, RULE_NET_PORT, &port, 0) != 0) return false;
  }
  return true;
}

static void describe(struct sandbox *sandbox) {
  bool tcp = sandbox->version >= SINCE_TCP, signals = sandbox->version >= SINCE_SCOPES;
  snprintf(sandbox->text, sizeof sandbox->text,
           "sandbox: Landlock %ld: reads nothing but what is beneath %s%s; writes no file, starts no program%s%s",
           sandbox->version, sandbox->folders, sandbox->more ? ", ..." : "", tcp ? ", connects to nobody" : "",
           signals ? ", signals nobody" : "");
}

enum status sandbox_enter(struct sandbox *sandbox, struct problem *problem) {
  struct ruleset rules = ruleset_of(sandbox);
  int ruleset = (int)syscall(CREATE_RULESET, &rules, sizeof rules, 0);
  bool entered = ruleset >= 0 && add_rules(sandbox, ruleset) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                 syscall(RESTRICT_SELF, ruleset, 0) == 0;
  int error = errno;
  if (ruleset >= 0) close(ruleset);
  if (!entered) return problem_set_errno(problem, error, "Landlock cannot be entered");
  describe(sandbox);
  return STATUS_OK;
}

const char *sandbox_text(const struct sandbox *sandbox) {
  return sandbox->text;
}
