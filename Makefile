# wordvec: build, test and run. `make help` lists the targets.

# Knobs
CC        ?= gcc#            clang works too; give it a VARIANT of its own
VARIANT   ?= release#        outputs go to build/VARIANT/
SANITIZE  ?=#                address,undefined or thread
COVERAGE  ?=#                1: instrument for line and branch coverage
CFLAGS    ?=#                added to the project's own
WERROR    ?=#                -Werror: a warning stops the build, as in make check
TEST_DATA ?= ../shared/data# real matrices; tests that need them skip, and say so, where it is absent
STORE     ?= store.d#        what `make run` serves
LISTEN    ?= 127.0.0.1:8080# where
SETUP     ?= yes#            no: never install packages
V         ?=#                1: print whole commands
CONTAINER_BASE ?= ../shared/tools/container-base# prepares a base image where no registry can be reached
COMMIT    ?= $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)# what /info says was built
PREFIX    ?= /usr/local
DESTDIR   ?=

.DEFAULT_GOAL := all

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile
	@echo "  Knobs, as in make VARIANT=asan SANITIZE=address,undefined, are at the top of the Makefile."

# ---- Flags

# Make has a CC of its own, which ?= does not replace.
ifeq ($(origin CC),default)
CC := gcc
endif
CC := $(strip $(CC))
OUT := build/$(strip $(VARIANT))

# What this compiler and its linker know of the OpenSSF's guide: tried once for each VARIANT, remembered in a file of it.
ifneq ($(filter-out help clean lint format,$(or $(MAKECMDGOALS),all)),)
$(shell deploy/hardening $(OUT)/hardening $(CC))
-include $(OUT)/hardening
endif
# Not under sanitizers, which see more without them; nor with coverage, where -O2 is not in force.
ifneq ($(strip $(SANITIZE)$(COVERAGE)),)
HARDENING_COMPILE :=
HARDENING_LINK :=
endif

OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(HARDENING_WARNINGS) $(WERROR)
# Contraction is off so that arithmetic outside the kernels gives the same bits on every CPU.
CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -pthread -ffp-contract=off $(OPTIMISE) $(HARDENING_COMPILE) $(WARNINGS) $(CFLAGS) -I. -MMD -MP
LDFLAGS_ALL := -pthread $(HARDENING_LINK) $(LDFLAGS)
ifneq ($(strip $(SANITIZE)),)
CFLAGS_ALL += -fsanitize=$(strip $(SANITIZE)) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=$(strip $(SANITIZE))
endif
ifneq ($(strip $(COVERAGE)),)
CFLAGS_ALL += --coverage -O1
LDFLAGS_ALL += --coverage
endif

STORE_LIBS  := -llmdb -lzip -lz -lxxhash -lutf8proc -lm
SERVER_LIBS := -lmicrohttpd -ljansson -lcurl
# Asked for only when a test is linked: the machine may not have pkg-config before `make test` has installed it.
TEST_LIBS = $(shell pkg-config --libs check)

# ---- Sources and what is made of them

comma := ,
find = $(if $(wildcard $(1)),$(sort $(shell find $(1) -name '*.c')))

STORE_SOURCES   := $(call find,store)
SERVER_SOURCES  := $(filter-out server/main.c,$(call find,server))
UNIT_SOURCES    := $(call find,tests/unit)
HTTP_SOURCES    := $(call find,tests/http)
SUPPORT_SOURCES := $(call find,tests/support)
EXHAUSTIVE_SOURCES := $(call find,tests/exhaustive)
FAULT_SOURCES   := $(filter-out tests/fault/preload/%,$(call find,tests/fault))

STORE_OBJECTS   := $(STORE_SOURCES:%.c=$(OUT)/%.o)
SERVER_OBJECTS  := $(SERVER_SOURCES:%.c=$(OUT)/%.o)
SUPPORT_OBJECTS := $(SUPPORT_SOURCES:%.c=$(OUT)/%.o)
UNIT_PROGRAMS   := $(UNIT_SOURCES:%.c=$(OUT)/%)
HTTP_PROGRAMS   := $(HTTP_SOURCES:%.c=$(OUT)/%)
EXHAUSTIVE_PROGRAMS := $(EXHAUSTIVE_SOURCES:%.c=$(OUT)/%)
FAULT_PROGRAMS  := $(FAULT_SOURCES:%.c=$(OUT)/%)
FUZZ_PROGRAMS   := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/fuzz/*.c)))
FAULT_SCRIPTS   := $(sort $(wildcard tests/fault/*.sh tests/fault/*.py))

say = $(if $(strip $(V)),,@printf '  %-5s%s\n' $(1) $@ && )

all: $(OUT)/wordvec ## Build build/wordvec
	@[ $(OUT) != build/release ] || ln -sfn release/wordvec build/wordvec

$(OUT)/wordvec: $(OUT)/server/main.o $(OUT)/libwordvec.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SERVER_LIBS) $(STORE_LIBS)

# Everything but main: a program takes from it what it calls.
$(OUT)/libwordvec.a: $(SERVER_OBJECTS) $(STORE_OBJECTS)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# What tests share. An archive too: one part needs the store's code, which HTTP tests are not linked with.
$(OUT)/libsupport.a: $(SUPPORT_OBJECTS)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CFLAGS_ALL) $(CFLAGS_FILE) -c -o $@ $<

# Holds the compiler and its flags: other flags for the same VARIANT compile everything anew.
$(OUT)/flags: always
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL)' >$@

# Only the files that tell it are compiled anew when the commit changes.
COMMIT := $(strip $(COMMIT))
TELL_COMMIT := $(addprefix $(OUT)/server/,api_models.o api_metrics.o)
$(TELL_COMMIT): CFLAGS_FILE := -DWORDVEC_BUILD='"$(COMMIT)"'
$(TELL_COMMIT): $(OUT)/commit
$(OUT)/commit: always
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@

# Cubic in the dimension: what -O3 makes of its loops takes half the time (tests of sieves: 4.9 s, 2.5 s), for the same bits.
ifeq ($(strip $(COVERAGE)),)
$(OUT)/store/search/codes_axes.o: CFLAGS_FILE := -O3
endif

# Instruction-set flags on kernel files only: the kernel is chosen at start-up by what the CPU says.
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
$(OUT)/store/search/kernel_avx2.o: CFLAGS_FILE := -mavx2 -mfma
$(OUT)/store/search/kernel_avx512.o: CFLAGS_FILE := -mavx512f -mavx512vl -mavx512dq -mavx512bw
$(OUT)/store/search/codes_avx2.o: CFLAGS_FILE := -mavx2
$(OUT)/store/search/codes_avxvnni.o: CFLAGS_FILE := -mavx2 -mavxvnni
$(OUT)/store/search/codes_avx512vnni.o: CFLAGS_FILE := -mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx512vnni
$(OUT)/store/search/gather_avx2.o: CFLAGS_FILE := -mavx2
$(OUT)/store/search/gather_avxvnni.o: CFLAGS_FILE := -mavx2 -mavxvnni
$(OUT)/store/search/gather_avx512vnni.o: CFLAGS_FILE := -mavx512f -mavx512vnni
endif
ifneq ($(filter aarch64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
$(OUT)/store/search/codes_dotprod.o: CFLAGS_FILE := -march=armv8.2-a+dotprod
$(OUT)/store/search/gather_dotprod.o: CFLAGS_FILE := -march=armv8.2-a+dotprod
endif

# Embeds these by .incbin, which -MMD does not see.
$(OUT)/server/openapi.o: $(wildcard server/openapi/*/*.json)

# Each file under tests/unit and tests/fault is one Check program; those under tests/exhaustive take arguments.
$(UNIT_PROGRAMS) $(FAULT_PROGRAMS) $(EXHAUSTIVE_PROGRAMS): %: %.o $(OUT)/libsupport.a $(OUT)/libwordvec.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS) $(SERVER_LIBS) $(STORE_LIBS)

# Those that break calls within themselves: what they and the archives call goes through functions of theirs.
$(OUT)/tests/fault/allocations: private LDFLAGS_ALL += $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc reallocarray strdup)

# Preloaded before the libraries of a plain build, so without any instrument itself.
SHIM := build/release/tests/fault/preload/shim.so
$(SHIM): tests/fault/preload/shim.c tests/support/fault_plan.h
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -fPIC -shared -I. -o $@ $<
ifeq ($(OUT),build/release)
$(FAULT_PROGRAMS): | $(SHIM)
endif

# Each file of tests/fuzz is a function: libFuzzer drives it in the variant of that name, and a list of files in all others.
FUZZ_DRIVER := $(if $(filter fuzz,$(strip $(VARIANT))),-fsanitize=fuzzer,$(OUT)/tests/fuzz/replay/main.o)
$(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(filter %.o,$(FUZZ_DRIVER)) $(OUT)/libsupport.a $(OUT)/libwordvec.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $(filter-out %/main.o,$^) $(FUZZ_DRIVER) $(TEST_LIBS) $(SERVER_LIBS) $(STORE_LIBS)

# Those under tests/http know the daemon only through its socket.
$(HTTP_PROGRAMS): %: %.o $(OUT)/libsupport.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS) -lcurl -ljansson -lz

# ---- The two commands. Packages come first; the second make then sees compilers and libraries that the first did not.

setup = $(if $(filter no,$(strip $(SETUP))),:,sh deploy/setup)
again = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

run: ## Install what is missing, build, and serve the bundled sample on 127.0.0.1:8080
	@$(setup) build run
	@$(again) all
	@ls $(STORE)/*.mdb >/dev/null 2>&1 || $(OUT)/wordvec import deploy/sample/classics.50d.txt.gz --store $(STORE)
	@echo; echo 'Try, in another terminal:'
	@echo "  curl '$(LISTEN)/vector?word=cat'"
	@echo "  curl '$(LISTEN)/neighbors?word=cat&k=5'"
	@echo "  curl '$(LISTEN)/lookup' -d '{\"indices\": [[0,1,2,0],[3]]}'"; echo
	@exec $(OUT)/wordvec serve --store $(STORE) --listen $(LISTEN)

test: ## Install what is missing, build, and run every test
	@$(setup) build test
	@$(again) suite

# ---- Tests and checks

# Sanitizers read the program when they have something to say, and coverage is written to files: both at the end of a
# daemon, when its sandbox would keep them from it.
with_test_environment = WORDVEC_BINARY=$(OUT)/wordvec TEST_DATA='$(strip $(TEST_DATA))' \
  $(if $(strip $(SANITIZE)$(COVERAGE)),WORDVEC_SANDBOX=off)

unit: $(UNIT_PROGRAMS)
	@$(with_test_environment) tests/support/run-suite $(UNIT_PROGRAMS)

# What takes longest comes first, so that nothing else is left to run beside it at the end.
suite: $(OUT)/wordvec $(UNIT_PROGRAMS) $(HTTP_PROGRAMS)
	@rm -f $(OUT)/http-record
	@$(with_test_environment) HTTP_RECORD=$(OUT)/http-record tests/support/run-suite tests/oracle/run tests/readme/run tests/hardening/run \
	  tests/shell/run tests/openai/run $(UNIT_PROGRAMS) $(HTTP_PROGRAMS) -- tests/openapi/run

# By itself: the HTTP tests, and what their answers are judged by.
openapi: $(OUT)/wordvec $(HTTP_PROGRAMS) ## Lint the OpenAPI document, and hold the answers of the HTTP tests against it
	@$(setup) build test node
	@rm -f $(OUT)/http-record
	@$(with_test_environment) HTTP_RECORD=$(OUT)/http-record NODE_REQUIRED=yes tests/support/run-suite $(HTTP_PROGRAMS) -- tests/openapi/run

# Answers against those of gensim and numpy, where they are installed.
oracle: $(OUT)/wordvec ## Compare answers with gensim's and numpy's
	@$(with_test_environment) tests/oracle/run

# What holds every program and links each: to see that a compiler has nothing to say.
programs: $(OUT)/wordvec $(UNIT_PROGRAMS) $(HTTP_PROGRAMS) $(FAULT_PROGRAMS) $(EXHAUSTIVE_PROGRAMS)

# What takes too long to be run in every light: damage, kills, injected faults, swaps and restarts under load. What
# cannot run with sanitizers takes a plain build, RELEASE_BINARY.
fault: $(OUT)/wordvec $(FAULT_PROGRAMS) ## Break what it stands on: files, memory, system calls, connections
	@$(if $(filter build/release,$(OUT)),,$(again) VARIANT=release SANITIZE= COVERAGE= build/release/wordvec $(SHIM))
	@$(with_test_environment) RELEASE_BINARY=build/release/wordvec tests/support/run-suite $(FAULT_PROGRAMS) $(FAULT_SCRIPTS)
.PHONY: fault

# ---- Under load for long

SOAK_SECONDS ?= 1800

soak: $(OUT)/wordvec ## A daemon under everything at once for SOAK_SECONDS (1800): swaps, restarts, bad clients, all routes
	@$(setup) build test check
	@$(with_test_environment) SOAK_SECONDS='$(strip $(SOAK_SECONDS))' $(if $(strip $(SANITIZE)),SOAK_MEMORY=no) tests/soak/soak.py
.PHONY: soak

# ---- Fuzzing: tests/fuzz/run says how

FUZZ         ?=#    names of targets; without any: all
FUZZ_SECONDS ?= 600# for each of them
fuzz_names = $(or $(strip $(FUZZ)),$(notdir $(FUZZ_PROGRAMS)))

fuzz: ## Give every reader, parser and route made-up bytes (FUZZ="json_body": these targets; FUZZ_SECONDS=600 each)
	@$(setup) build test check
	@$(again) fuzz-programs VARIANT=fuzz CC=clang SANITIZE=address,undefined OPTIMISE='-O1 -g' CFLAGS=-fsanitize=fuzzer-no-link
	@FUZZ_SECONDS='$(strip $(FUZZ_SECONDS))' tests/fuzz/run $(addprefix build/fuzz/tests/fuzz/,$(fuzz_names))

fuzz-merge: ## Keep of what fuzzing found the little that reaches everything, in tests/fuzz/corpus
	@tests/fuzz/run --merge $(addprefix build/fuzz/tests/fuzz/,$(fuzz_names))

fuzz-programs: $(addprefix $(OUT)/tests/fuzz/,$(fuzz_names))

# What is kept of it, once: in any variant.
fuzz-replay: $(FUZZ_PROGRAMS) ## Give the fuzz targets the inputs of tests/fuzz/corpus
	@tests/fuzz/replay/run $(FUZZ_PROGRAMS)
.PHONY: fuzz fuzz-merge fuzz-programs fuzz-replay

# Without arguments each goes over all there is; with 0 0 STRIDE over a sample.
test-exhaustive: $(EXHAUSTIVE_PROGRAMS) ## Prove what can be proved by going over every input (some ten minutes)
	@set -e; for program in $^; do echo $$program; nice $$program; done

test-sampled: $(EXHAUSTIVE_PROGRAMS)
	@set -e; for program in $^; do $$program 0 0 211; done

.PHONY: test-exhaustive test-sampled

# Real runs of the programs in other lights. Under valgrind Check does not fork, so that leaks are seen; the daemon of
# an HTTP test runs under it and the test itself does not. What threads hold that still run at the end is no leak.
# Without its sandbox: valgrind says of a call that it does not know that it does not, in the midst of the daemon's log.
VALGRIND := valgrind -q --suppressions=tests/support/valgrind.supp --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect

valgrind: programs ## Run every test under valgrind
	@CK_FORK=no CK_TIMEOUT_MULTIPLIER=30 TEST_EFFORT=less TEST_WRAPPER='$(VALGRIND)' WORDVEC_WRAPPER='$(VALGRIND)' \
	  $(with_test_environment) tests/support/run-suite $(UNIT_PROGRAMS)
	@CK_TIMEOUT_MULTIPLIER=30 TEST_EFFORT=less WORDVEC_SANDBOX=off WORDVEC_WRAPPER='$(VALGRIND)' $(with_test_environment) tests/support/run-suite $(HTTP_PROGRAMS)

sanitize: ## Run every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@ORACLE_EFFORT=less $(again) suite VARIANT=asan SANITIZE=address,undefined

# Where threads meet: the rest of the suite says the same more slowly (TSAN=all).
TSAN ?=#              all: every test
ifeq ($(strip $(SANITIZE)),thread)
# Check forks for each test, one asks for more memory than there is, and a daemon that is told to end while it reads a
# large file leaves threads to the end of its process.
export TSAN_OPTIONS := halt_on_error=1 die_after_fork=0 allocator_may_return_null=1 report_thread_leaks=0
endif
tsan_threaded := $(addprefix unit/server/,acceptor backlog catalog joins keys log log_queue metrics news text_cache) \
  $(addprefix unit/store/,budget import/import_graph import/text_pipeline search/scanner) \
  $(addprefix http/,activation drain lifecycle limits logs timeouts)
tsan_programs = $(if $(filter all,$(TSAN)),$(UNIT_PROGRAMS) $(HTTP_PROGRAMS),$(filter \
  $(addprefix $(OUT)/tests/,$(tsan_threaded)),$(UNIT_PROGRAMS) $(HTTP_PROGRAMS)))

tsan: ## Run what has threads, and a little load with swaps, under ThreadSanitizer (TSAN=all: every test)
	@$(again) tsan-suite VARIANT=tsan SANITIZE=thread
tsan-suite: $(OUT)/wordvec $(tsan_programs)
	@CK_TIMEOUT_MULTIPLIER=10 TEST_EFFORT=less SOAK_MEMORY=no SOAK_SECONDS=10 $(with_test_environment) tests/support/run-suite \
	  tests/soak/soak.py $(tsan_programs)
.PHONY: tsan tsan-suite

coverage: ## Run every test and print what of store/ and server/ it reached
	@[ ! -d build/coverage ] || find build/coverage -name '*.gcda' -delete
	@ORACLE_EFFORT=less $(again) suite VARIANT=coverage COVERAGE=1
	@gcovr --root . --filter store/ --filter server/ build/coverage --sort-uncovered --txt --print-summary

container: ## Build the image with docker or podman, run it and ask it
	@$(setup) run
	@docker info >/dev/null 2>&1 || $(setup) image
	@CONTAINER_BASE='$(strip $(CONTAINER_BASE))' tests/container/run

fresh: ## Try make run and make test in a bare Debian, as root and with sudo
	@docker info >/dev/null 2>&1 || $(setup) image
	@CONTAINER_BASE='$(strip $(CONTAINER_BASE))' tests/container/fresh

check: ## What CI runs: set-up, lint, compilers, tests, sanitizers, valgrind, arm64, coverage, container
	@$(setup) build run test lint check
	@tests/support/check

install: all ## Install under $(DESTDIR)$(PREFIX): binary, manual, completions, documents, sample, units of systemd
	@$(MAKE) --no-print-directory install-built

# Without building: for packages, and to see what is installed.
INSTALL_DOCS := README.md LICENSE SECURITY.md CHANGELOG.md store/FORMAT.md
INSTALL_UNITS := $(wildcard deploy/systemd/*)
INSTALLED = bin/wordvec share/man/man1/wordvec.1 share/bash-completion/completions/wordvec share/zsh/site-functions/_wordvec \
  $(addprefix share/doc/wordvec/,$(notdir $(INSTALL_DOCS))) $(addprefix share/wordvec/sample/,$(notdir $(wildcard deploy/sample/*))) \
  $(addprefix lib/systemd/system/,$(notdir $(INSTALL_UNITS)))

install-built:
	install -D -m 755 $(OUT)/wordvec $(DESTDIR)$(PREFIX)/bin/wordvec
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,$(sort $(dir $(INSTALLED))))
	$(OUT)/wordvec manual >$(DESTDIR)$(PREFIX)/share/man/man1/wordvec.1
	$(OUT)/wordvec completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/wordvec
	$(OUT)/wordvec completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_wordvec
	install -m 644 $(INSTALL_DOCS) $(DESTDIR)$(PREFIX)/share/doc/wordvec
	install -m 644 $(wildcard deploy/sample/*) $(DESTDIR)$(PREFIX)/share/wordvec/sample
	for unit in $(INSTALL_UNITS); do \
	  sed 's|/usr/local/|$(PREFIX)/|' $$unit >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} || exit; done

uninstall: ## Remove what make install put there
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(INSTALLED))
	rmdir $(addprefix $(DESTDIR)$(PREFIX)/share/,doc/wordvec wordvec/sample wordvec) 2>/dev/null || true
.PHONY: install-built uninstall

lint: ## Check what the compiler does not know: includes, lengths, format, scripts
	@$(setup) build lint
	@tests/lint/selftest
	@tests/lint/run

format: ## Format the C files
	@$(setup) lint
	@git ls-files --cached --others --exclude-standard '*.c' '*.h' | xargs clang-format -i

# ---- Benchmarks: tests/bench/README.md says what each measures

BENCH         ?=#                 names of comparisons; without any: all
BENCH_DATA    ?= build/bench#     what they read; made once
BENCH_RESULTS ?= tests/bench/results
BENCH_VECTORS ?=#                 a .vec file to take instead of training one
BENCH_CORPUS  ?=#                 a text to take instead of that of Debian's packages
BENCH_MODEL   ?= $(strip $(STORE))/classics.50d.mdb
BENCH_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(call find,tests/bench))
CXX ?= g++

$(BENCH_PROGRAMS): %: %.o $(OUT)/libwordvec.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SERVER_LIBS) $(STORE_LIBS)
programs: $(BENCH_PROGRAMS)

# Beside Debian's hnswlib, which is templates: compiled as its users compile it.
$(OUT)/tests/bench/graph: tests/bench/graph.cc $(OUT)/libwordvec.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CXX) -std=c++20 -O3 -march=native -pthread -I. -o $@ $^ $(STORE_LIBS)

bench: ## Compare with nginx, gensim, faiss, hnswlib (BENCH="exact import": these); writes tests/bench/results
	@$(setup) build bench
	@$(again) $(OUT)/wordvec $(OUT)/tests/bench/graph
	@set -e; export BENCH_BINARY=$(OUT)/wordvec BENCH_DATA='$(strip $(BENCH_DATA))' BENCH_RESULTS='$(strip $(BENCH_RESULTS))' \
	  BENCH_VECTORS='$(strip $(BENCH_VECTORS))' BENCH_CORPUS='$(strip $(BENCH_CORPUS))'; \
	  tests/bench/prepare; tests/bench/run $(BENCH)

bench-micro: $(BENCH_PROGRAMS) ## Time each kernel's exact search over the store file BENCH_MODEL, and the writing of floats
	@for program in $(BENCH_PROGRAMS); do taskset -c 0 $$program $(BENCH_MODEL) || exit; done
.PHONY: bench bench-micro

# ---- arm64: built with Debian's cross compiler against libraries unpacked under build/, tested under qemu-user

ARM64_SYSROOT := $(CURDIR)/build/arm64-sysroot
arm64_libraries = $(shell sh deploy/setup --print build test | grep -E '^(lib|zlib|check$$)')

cross: ## Build everything for arm64, and run the unit tests under qemu-user
	@$(setup) build test check
	@tests/support/arm64-sysroot $(ARM64_SYSROOT) $(arm64_libraries)
	@PKG_CONFIG_SYSROOT_DIR=$(ARM64_SYSROOT) PKG_CONFIG_LIBDIR=$(ARM64_SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig \
	  CK_TIMEOUT_MULTIPLIER=10 TEST_EFFORT=less TEST_WRAPPER='qemu-aarch64-static -L $(ARM64_SYSROOT)' \
	  $(again) VARIANT=arm64 AR=aarch64-linux-gnu-ar CC='aarch64-linux-gnu-gcc --sysroot=$(ARM64_SYSROOT)' programs unit
.PHONY: cross

clean: ## Remove what was built
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)

.PHONY: help all run test unit suite openapi oracle programs valgrind sanitize coverage container fresh check install lint format clean always
.SECONDARY:
.DELETE_ON_ERROR:
