/* What a thread in the sandbox can and cannot do. A thread, for the kernel holds threads: the rest of the process stays
 * free, makes the changes that are to be seen, and can write down what was covered. */
#include "server/sandbox.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/catalog.h"
#include "server/keys.h"
#include "store/matrix/writer.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { SINCE_TRUNCATE = 3, SINCE_TCP = 4, SINCE_SCOPES = 6 };

static long version;

/* ---- A thread in the sandbox, which stops where the rest is to do something */

struct inmate {
  pthread_t thread;
  pthread_barrier_t turn;
  const char *store;  /* NULL: none is allowed */
  const char *file;   /* is allowed to be read; NULL: none */
  const char *folder; /* as it is; NULL: none */
  int port;           /* is allowed to be listened on; -1: none */
  bool abstract_sockets;
  bool entered;
  char text[1024];
  void (*live)(struct inmate *inmate);
  int results[16]; /* errno values, or counts */
};

static bool allow(struct sandbox *sandbox, const struct inmate *inmate, struct problem *problem) {
  if (inmate->store && sandbox_allow_store(sandbox, inmate->store, problem) != STATUS_OK) return false;
  if (inmate->file && sandbox_allow_reading(sandbox, inmate->file, problem) != STATUS_OK) return false;
  if (inmate->folder && sandbox_allow_folder(sandbox, inmate->folder, problem) != STATUS_OK) return false;
  if (inmate->port >= 0 && sandbox_allow_listening(sandbox, (uint16_t)inmate->port, problem) != STATUS_OK) return false;
  if (inmate->abstract_sockets) sandbox_allow_abstract_sockets(sandbox);
  return true;
}

static void *enter(void *argument) {
  struct inmate *inmate = argument;
  struct sandbox *sandbox = NULL;
  struct problem problem;
  inmate->entered = sandbox_open(&problem, &sandbox) == STATUS_OK && allow(sandbox, inmate, &problem) &&
                    sandbox_enter(sandbox, &problem) == STATUS_OK;
  if (inmate->entered) snprintf(inmate->text, sizeof inmate->text, "%s", sandbox_text(sandbox));
  sandbox_close(sandbox);
  if (inmate->entered) inmate->live(inmate);
  return NULL;
}

static void imprison(struct inmate *inmate) {
  pthread_barrier_init(&inmate->turn, NULL, 2);
  ck_assert_int_eq(pthread_create(&inmate->thread, NULL, enter, inmate), 0);
}

static void await(struct inmate *inmate) {
  pthread_join(inmate->thread, NULL);
  pthread_barrier_destroy(&inmate->turn);
  ck_assert(inmate->entered);
}

static int error_of(long outcome) {
  return outcome < 0 ? errno : 0;
}

static int try_open(const char *path, int flags) {
  int descriptor = open(path, flags | O_CLOEXEC, 0600);
  int error = error_of(descriptor);
  if (descriptor >= 0) close(descriptor);
  return error;
}

/* ---- Folders and models */

static char root[SCRATCH_PATH_MAX], store[SCRATCH_PATH_MAX], other[SCRATCH_PATH_MAX], secret[SCRATCH_PATH_MAX];

static void write_model(const char *folder, const char *name) {
  static const struct writer_origin origin = {.source = "t", .source_format = "glove"};
  static const float vector[2] = {1, 2};
  struct writer *writer;
  struct problem problem;
  uint32_t added;
  uint64_t size;
  char digest[33];
  ck_assert_msg(writer_open(folder, name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  ck_assert_int_eq(writer_add(writer, (struct word){"w", 1}, vector, 2, &problem, &added), STATUS_OK);
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
}

/* A folder of its own for each test: with a store in a folder, and something elsewhere that is nobody's business. */
static void set_up(void) {
  static unsigned number;
  number++;
  scratch_folder(root, "%d-%u", (int)getpid(), number);
  scratch_path(store, "%d-%u/models", (int)getpid(), number);
  ck_assert_int_eq(mkdir(store, 0700), 0);
  scratch_path(store, "%d-%u/models/store", (int)getpid(), number);
  ck_assert_int_eq(mkdir(store, 0700), 0);
  scratch_path(other, "%d-%u/other", (int)getpid(), number);
  ck_assert_int_eq(mkdir(other, 0700), 0);
  scratch_path(secret, "%d-%u/other/secret", (int)getpid(), number);
  scratch_write(secret, "secret", 6);
  write_model(store, "one");
}

static const char *beside(char path[SCRATCH_PATH_MAX], const char *folder, const char *name) {
  ck_assert_int_lt(snprintf(path, SCRATCH_PATH_MAX, "%s/%s", folder, name), SCRATCH_PATH_MAX);
  return path;
}

/* ---- Files */

static void read_around(struct inmate *inmate) {
  char path[SCRATCH_PATH_MAX];
  inmate->results[0] = try_open(beside(path, store, "one.mdb"), O_RDONLY);
  inmate->results[1] = try_open(store, O_RDONLY | O_DIRECTORY);
  inmate->results[2] = try_open(secret, O_RDONLY);
  inmate->results[3] = try_open(other, O_RDONLY | O_DIRECTORY);
  inmate->results[4] = try_open("/etc/passwd", O_RDONLY);
  inmate->results[5] = try_open("/proc/self/statm", O_RDONLY);
  inmate->results[6] = try_open("/", O_RDONLY | O_DIRECTORY);
}

START_TEST(reads_what_is_allowed_and_nothing_else) {
  struct inmate inmate = {.store = store, .folder = "/proc/self", .port = -1, .live = read_around};
  static const int expected[] = {0, 0, EACCES, EACCES, EACCES, 0, EACCES};
  ck_assert_int_eq(try_open(secret, O_RDONLY), 0);
  imprison(&inmate);
  await(&inmate);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    ck_assert_msg(inmate.results[i] == expected[i], "%zu: %s", i, strerror(inmate.results[i]));
  ck_assert_int_eq(try_open(secret, O_RDONLY), 0); /* the rest of the process is free */
  ck_assert_ptr_nonnull(strstr(inmate.text, "/models"));
  ck_assert_ptr_nonnull(strstr(inmate.text, "/proc/self"));
}
END_TEST

static void read_beside_a_mount(struct inmate *inmate) {
  inmate->results[0] = try_open("/dev/shm", O_RDONLY | O_DIRECTORY);
  inmate->results[1] = try_open("/dev/null", O_RDONLY);
}

/* Nothing can take its place, so that what is beside it stays closed. */
START_TEST(a_mount_is_allowed_alone) {
  struct inmate inmate = {.file = "/dev/shm", .port = -1, .live = read_beside_a_mount};
  struct stat shm, dev;
  if (stat("/dev/shm", &shm) != 0 || stat("/dev", &dev) != 0 || shm.st_dev == dev.st_dev) return;
  imprison(&inmate);
  await(&inmate);
  ck_assert_int_eq(inmate.results[0], 0);
  ck_assert_int_eq(inmate.results[1], EACCES);
}
END_TEST

static void write_around(struct inmate *inmate) {
  char path[SCRATCH_PATH_MAX], to[SCRATCH_PATH_MAX];
  beside(path, store, "one.mdb");
  inmate->results[0] = try_open(path, O_WRONLY);
  inmate->results[1] = try_open(path, O_RDWR);
  inmate->results[2] = try_open(beside(to, store, "new"), O_WRONLY | O_CREAT);
  inmate->results[3] = error_of(rename(path, to));
  inmate->results[4] = error_of(unlink(path));
  inmate->results[5] = error_of(mkdir(to, 0700));
  inmate->results[6] = error_of(symlink(path, to));
  inmate->results[7] = try_open(secret, O_WRONLY);
  inmate->results[8] = version >= SINCE_TRUNCATE ? error_of(truncate(path, 0)) : EACCES;
}

START_TEST(writes_nothing) {
  struct inmate inmate = {.store = store, .port = -1, .live = write_around};
  imprison(&inmate);
  await(&inmate);
  for (size_t i = 0; i < 9; i++) ck_assert_msg(inmate.results[i] == EACCES, "%zu: %s", i, strerror(inmate.results[i]));
}
END_TEST

/* ---- Programs, sockets, signals */

static void start_program(struct inmate *inmate) {
  pid_t child = fork();
  int status = 0;
  if (child == 0) {
    execl("/bin/true", "true", (char *)NULL);
    _exit(errno);
  }
  inmate->results[0] = waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  inmate->results[1] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

START_TEST(starts_no_program) {
  struct inmate inmate = {.port = -1, .folder = "/bin", .live = start_program};
  imprison(&inmate);
  await(&inmate);
  ck_assert_int_eq(inmate.results[0], EACCES); /* though the file may be read */
  ck_assert_int_eq(inmate.results[1], 1);
}
END_TEST

static int try_tcp(int (*call)(int, const struct sockaddr *, socklen_t), unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int error = error_of(call(descriptor, (const struct sockaddr *)&address, sizeof address));
  close(descriptor);
  return error;
}

static unsigned open_port(int *descriptor) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  *descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_eq(bind(*descriptor, (const struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(listen(*descriptor, 4), 0);
  ck_assert_int_eq(getsockname(*descriptor, (struct sockaddr *)&address, &length), 0);
  return ntohs(address.sin_port);
}

static unsigned served_port;

static void use_sockets(struct inmate *inmate) {
  inmate->results[0] = try_tcp(connect, served_port);
  inmate->results[1] = try_tcp(bind, 0);
  inmate->results[2] = try_tcp(bind, 1);
}

START_TEST(connects_to_nobody_and_listens_where_it_may) {
  static const int ports[] = {-1, 0, 1};
  int descriptor;
  if (version < SINCE_TCP) return;
  served_port = open_port(&descriptor);
  for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
    struct inmate inmate = {.port = ports[i], .live = use_sockets};
    imprison(&inmate);
    await(&inmate);
    ck_assert_int_eq(inmate.results[0], EACCES);
    ck_assert_int_eq(inmate.results[1], ports[i] == 0 ? 0 : EACCES);
    if (ports[i] != 1) ck_assert_int_eq(inmate.results[2], EACCES);
  }
  ck_assert_int_eq(try_tcp(connect, served_port), 0);
  close(descriptor);
}
END_TEST

static int try_abstract(int (*call)(int, const struct sockaddr *, socklen_t), int *out) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "wordvec-test-%d", (int)getpid());
  *out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return error_of(call(*out, (const struct sockaddr *)&address,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)));
}

static void reach_others(struct inmate *inmate) {
  int descriptor;
  inmate->results[0] = error_of(kill(getppid(), 0));
  inmate->results[1] = try_abstract(connect, &descriptor);
  close(descriptor);
}

START_TEST(signals_nobody) {
  int descriptor;
  if (version < SINCE_SCOPES) return;
  ck_assert_int_eq(kill(getppid(), 0), 0);
  ck_assert_int_eq(try_abstract(bind, &descriptor), 0);
  ck_assert_int_eq(listen(descriptor, 4), 0);
  for (int allowed = 0; allowed < 2; allowed++) {
    struct inmate inmate = {.port = -1, .abstract_sockets = allowed, .live = reach_others};
    imprison(&inmate);
    await(&inmate);
    ck_assert_int_eq(inmate.results[0], EPERM);
    ck_assert_int_eq(inmate.results[1], allowed ? 0 : EPERM);
  }
  close(descriptor);
}
END_TEST

/* ---- What a daemon must still see */

static void count_models(struct inmate *inmate) {
  struct catalog *catalog;
  if (catalog_new(inmate->store, 1, &catalog) != STATUS_OK) return;
  for (int i = 0; i < 3; i++) {
    catalog_refresh(catalog, false, NULL, NULL);
    inmate->results[i] = (int)catalog_count(catalog);
    pthread_barrier_wait(&inmate->turn); /* seen */
    pthread_barrier_wait(&inmate->turn); /* changed */
  }
  catalog_free(catalog);
}

/* Lets the inmate look before and behind each of two changes. */
static void look_between(struct inmate *inmate, void (*change)(int), const int expected[3]) {
  imprison(inmate);
  for (int i = 0; i < 3; i++) {
    pthread_barrier_wait(&inmate->turn);
    if (i < 2) change(i);
    pthread_barrier_wait(&inmate->turn);
  }
  await(inmate);
  for (int i = 0; i < 3; i++) ck_assert_msg(inmate->results[i] == expected[i], "look %d: %d", i, inmate->results[i]);
}

static void replace_store(int step) {
  char path[SCRATCH_PATH_MAX], aside[SCRATCH_PATH_MAX];
  if (step == 0) {
    write_model(store, "two");
    return;
  }
  ck_assert_int_eq(mkdir(beside(path, root, "models/next"), 0700), 0);
  for (int i = 0; i < 3; i++) write_model(path, (const char *const[]){"a", "b", "c"}[i]);
  ck_assert_int_eq(rename(store, beside(aside, root, "models/before")), 0);
  ck_assert_int_eq(rename(path, store), 0);
}

START_TEST(a_store_that_grows_and_is_replaced) {
  struct inmate inmate = {.store = store, .port = -1, .live = count_models};
  look_between(&inmate, replace_store, (const int[]){1, 2, 3});
}
END_TEST

static char late[SCRATCH_PATH_MAX];

static void make_late(int step) {
  char path[SCRATCH_PATH_MAX];
  if (step == 0) ck_assert_int_eq(mkdir(beside(path, root, "models/late"), 0700), 0);
  if (step == 0) ck_assert_int_eq(mkdir(late, 0700), 0);
  write_model(late, step == 0 ? "one" : "two");
}

START_TEST(a_store_that_comes_later) {
  beside(late, root, "models/late/store");
  struct inmate inmate = {.store = late, .port = -1, .live = count_models};
  look_between(&inmate, make_late, (const int[]){0, 1, 2});
}
END_TEST

static char current[SCRATCH_PATH_MAX];

/* As tools do it that change over at once: the link is replaced by another. */
static void turn_link(int step) {
  char path[SCRATCH_PATH_MAX], link[SCRATCH_PATH_MAX];
  ck_assert_int_eq(mkdir(beside(path, root, step == 0 ? "models/v2" : "models/v3"), 0700), 0);
  write_model(path, "one");
  write_model(path, "two");
  if (step == 1) write_model(path, "three");
  ck_assert_int_eq(symlink(path, beside(link, root, "next-link")), 0);
  ck_assert_int_eq(rename(link, current), 0);
}

START_TEST(a_store_behind_a_link) {
  beside(current, other, "current");
  ck_assert_int_eq(symlink(store, current), 0);
  struct inmate inmate = {.store = current, .port = -1, .live = count_models};
  look_between(&inmate, turn_link, (const int[]){1, 2, 3});
}
END_TEST

static void replace_linked(int step) {
  char path[SCRATCH_PATH_MAX], link[SCRATCH_PATH_MAX];
  if (step == 0) return;
  write_model(beside(path, root, "elsewhere"), "linked");
  ck_assert_int_eq(unlink(beside(link, store, "one.mdb")), 0);
}

START_TEST(models_behind_links) {
  char path[SCRATCH_PATH_MAX], link[SCRATCH_PATH_MAX];
  ck_assert_int_eq(mkdir(beside(path, root, "elsewhere"), 0700), 0);
  write_model(path, "linked");
  ck_assert_int_eq(symlink(beside(path, root, "elsewhere/linked.mdb"), beside(link, store, "two.mdb")), 0);
  struct inmate inmate = {.store = store, .port = -1, .live = count_models};
  look_between(&inmate, replace_linked, (const int[]){2, 2, 1});
}
END_TEST

static char key_file[SCRATCH_PATH_MAX];
static struct keys *keys;

static void read_keys(struct inmate *inmate) {
  struct problem problem;
  inmate->results[0] = keys_reload(keys, &problem) == STATUS_OK ? (int)keys_count(keys) : -1;
}

START_TEST(keys_that_are_replaced) {
  struct problem problem;
  char next[SCRATCH_PATH_MAX];
  static const char text[] = "0123456789abcdef\nfedcba9876543210\n";
  beside(key_file, other, "keys");
  scratch_write(key_file, text, 16);
  ck_assert_int_eq(keys_open(key_file, &problem, &keys), STATUS_OK);
  scratch_write(beside(next, other, "next"), text, sizeof text - 1);
  struct inmate inmate = {.file = key_file, .port = -1, .live = read_keys};
  ck_assert_int_eq(rename(next, key_file), 0);
  imprison(&inmate);
  await(&inmate);
  ck_assert_int_eq(inmate.results[0], 2);
  keys_close(keys);
}
END_TEST

/* Whatever is allowed, somebody may have typed it. */
START_TEST(paths_of_every_form) {
  static const char *const fine[] = {
      ".", "..", "/", "//", "nowhere", "nowhere/at/all", "./nowhere/", "/nowhere", "/nowhere/at/all"};
  struct problem problem;
  struct sandbox *sandbox;
  char loop[SCRATCH_PATH_MAX], long_path[8192];
  ck_assert_int_eq(sandbox_open(&problem, &sandbox), STATUS_OK);
  for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
    ck_assert_msg(sandbox_allow_reading(sandbox, fine[i], &problem) == STATUS_OK, "%s: %s", fine[i], problem.text);
  memset(long_path, 'x', sizeof long_path);
  long_path[sizeof long_path - 1] = '\0';
  ck_assert_int_eq(sandbox_allow_reading(sandbox, long_path, &problem), STATUS_LIMIT);
  ck_assert_int_eq(sandbox_allow_store(sandbox, long_path, &problem), STATUS_LIMIT);
  ck_assert_int_eq(symlink(beside(loop, other, "loop"), loop), 0);
  ck_assert_int_eq(sandbox_allow_reading(sandbox, loop, &problem), STATUS_OK); /* its folder */
  ck_assert_int_eq(sandbox_allow_folder(sandbox, loop, &problem), STATUS_IO);
  for (int i = 0; i < 8; i++) ck_assert_int_eq(sandbox_allow_listening(sandbox, 1, &problem), STATUS_OK);
  ck_assert_int_eq(sandbox_allow_listening(sandbox, 1, &problem), STATUS_LIMIT);
  sandbox_close(sandbox);
  sandbox_close(NULL);
}
END_TEST

static void look_at_text(struct inmate *inmate) {
  inmate->results[0] = try_open("/etc/passwd", O_RDONLY);
}

/* The text is bounded however many folders there are, and rules are, too. */
START_TEST(many_folders) {
  struct problem problem;
  struct sandbox *sandbox;
  char path[SCRATCH_PATH_MAX];
  enum status status = STATUS_OK;
  ck_assert_int_eq(sandbox_open(&problem, &sandbox), STATUS_OK);
  for (int i = 0; i < 300 && status == STATUS_OK; i++) {
    char name[16];
    snprintf(name, sizeof name, "%d", i);
    beside(path, other, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    status = sandbox_allow_folder(sandbox, path, &problem);
    if (status == STATUS_OK) ck_assert_int_eq(sandbox_allow_folder(sandbox, path, &problem), STATUS_OK);
  }
  ck_assert_int_eq(status, STATUS_LIMIT);
  ck_assert_int_eq(sandbox_allow_folder(sandbox, "/nowhere/at/all", &problem), STATUS_OK);
  sandbox_close(sandbox);
  struct inmate inmate = {.port = -1, .live = look_at_text};
  imprison(&inmate);
  await(&inmate);
  ck_assert_int_eq(inmate.results[0], EACCES);
}
END_TEST

int main(void) {
  TCase *tcase;
  version = syscall(444, NULL, 0, 1); /* landlock_create_ruleset(LANDLOCK_CREATE_RULESET_VERSION) */
  if (version < 1) {
    puts("skipped: the sandbox: this kernel (or valgrind, or qemu) has no Landlock");
    return EXIT_SUCCESS;
  }
  Suite *suite = suite_of("server/sandbox", &tcase);
  tcase_add_checked_fixture(tcase, set_up, NULL);
  tcase_add_test(tcase, reads_what_is_allowed_and_nothing_else);
  tcase_add_test(tcase, a_mount_is_allowed_alone);
  tcase_add_test(tcase, writes_nothing);
  tcase_add_test(tcase, starts_no_program);
  tcase_add_test(tcase, connects_to_nobody_and_listens_where_it_may);
  tcase_add_test(tcase, signals_nobody);
  tcase_add_test(tcase, a_store_that_grows_and_is_replaced);
  tcase_add_test(tcase, a_store_that_comes_later);
  tcase_add_test(tcase, a_store_behind_a_link);
  tcase_add_test(tcase, models_behind_links);
  tcase_add_test(tcase, keys_that_are_replaced);
  tcase_add_test(tcase, paths_of_every_form);
  tcase_add_test(tcase, many_folders);
  scratch_open();
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
