# wordvec: build, test and run. `make help` lists the targets.

# Knobs
CC        ?= gcc
VARIANT   ?= release#        outputs go to build/<variant>/
SANITIZE  ?=#                address,undefined or thread
COVERAGE  ?=#                1: instrument for line and branch coverage
TEST_DATA ?= ../shared/data# real matrices; tests that need them skip, and say so, where it is absent
WERROR    ?= -Werror
PREFIX    ?= /usr/local
DESTDIR   ?=

VARIANT := $(strip $(VARIANT))
OUT := build/$(VARIANT)

OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
# Contraction is off so that arithmetic outside the kernels gives the same bits on every CPU.
CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -pthread -ffp-contract=off $(OPTIMISE) $(WARNINGS) $(CFLAGS) -I. -MMD -MP
LDFLAGS_ALL := -pthread $(LDFLAGS)
ifneq ($(strip $(SANITIZE)),)
CFLAGS_ALL += -fsanitize=$(strip $(SANITIZE)) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=$(strip $(SANITIZE))
endif
ifneq ($(strip $(COVERAGE)),)
CFLAGS_ALL += --coverage -O1
LDFLAGS_ALL += --coverage
endif

STORE_SOURCES  := $(sort $(wildcard store/*.c store/*/*.c))
SERVER_SOURCES := $(sort $(filter-out server/main.c,$(wildcard server/*.c)))
UNIT_SOURCES   := $(sort $(shell find tests/unit -name '*.c'))
HTTP_SOURCES   := $(sort $(wildcard tests/http/*.c))
SUPPORT_SOURCES := $(sort $(wildcard tests/support/*.c))

STORE_OBJECTS   := $(STORE_SOURCES:%.c=$(OUT)/%.o)
SERVER_OBJECTS  := $(SERVER_SOURCES:%.c=$(OUT)/%.o)
SUPPORT_OBJECTS := $(SUPPORT_SOURCES:%.c=$(OUT)/%.o)
UNIT_PROGRAMS   := $(UNIT_SOURCES:%.c=$(OUT)/%)
HTTP_PROGRAMS   := $(HTTP_SOURCES:%.c=$(OUT)/%)

STORE_LIBS  := -llmdb -lzip -lz -lxxhash -lm
SERVER_LIBS := -lmicrohttpd -ljansson -lcurl
TEST_LIBS   := $(shell pkg-config --libs check 2>/dev/null)

all: $(OUT)/wordvec
ifeq ($(VARIANT),release)
	@ln -sfn $(VARIANT)/wordvec build/wordvec
endif

$(OUT)/wordvec: $(OUT)/server/main.o $(SERVER_OBJECTS) $(STORE_OBJECTS)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(SERVER_LIBS) $(STORE_LIBS)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(CFLAGS_FILE) -c -o $@ $<

# Instruction-set flags on kernel files only: the kernel is chosen at start-up by what the CPU says.
MACHINE := $(shell $(CC) -dumpmachine)
ifneq ($(filter x86_64%,$(MACHINE)),)
$(OUT)/store/search/kernel_avx2.o: CFLAGS_FILE := -mavx2 -mfma
$(OUT)/store/search/kernel_avx512.o: CFLAGS_FILE := -mavx512f -mavx512vl -mavx512dq -mavx512bw
endif

# Each file under tests/unit is one Check program, linked with everything but main.
$(UNIT_PROGRAMS): $(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(SUPPORT_OBJECTS) $(SERVER_OBJECTS) $(STORE_OBJECTS)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS) $(SERVER_LIBS) $(STORE_LIBS)

$(HTTP_PROGRAMS): $(OUT)/tests/http/%: $(OUT)/tests/http/%.o $(SUPPORT_OBJECTS)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(TEST_LIBS) -lcurl -ljansson

unit: $(UNIT_PROGRAMS)
	@set -e; for program in $(UNIT_PROGRAMS); do TEST_DATA=$(TEST_DATA) $$program; done

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)

.PHONY: all unit clean
.SECONDARY:
