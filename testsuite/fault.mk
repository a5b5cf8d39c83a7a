# Faults: everything that can go wrong around stwc and stwd, and what must not come of it.
# `make fault-full` goes through every step of it; `make check` takes a part of the long ones.
fault_scripts = \
	testsuite/fault/build.py \
	testsuite/fault/crashes.py \
	testsuite/fault/determinism.py \
	testsuite/fault/disk.py \
	testsuite/fault/hostile.py \
	testsuite/fault/images.py \
	testsuite/fault/init.py \
	testsuite/fault/memory.py \
	testsuite/fault/refusals.py \
	testsuite/fault/replace.py \
	testsuite/fault/swaps.py
fault_tests = testsuite/fault/addresses $(fault_scripts)
TESTS += $(fault_tests)
EXTRA_DIST += $(fault_scripts) testsuite/fault/faulttest.py testsuite/valgrind.test

check_PROGRAMS += testsuite/fault/addresses testsuite/fault/preload.so
testsuite_fault_addresses_SOURCES = testsuite/fault/addresses.c
testsuite_fault_addresses_LDADD = $(engine_test_libs)

# Loaded into stwc and stwd by the tests. No libtool for this one file: it is never installed, and
# the sanitizers have no place in it.
testsuite_fault_preload_so_SOURCES = testsuite/fault/preload.c
testsuite_fault_preload_so_CPPFLAGS = -D_GNU_SOURCE
if !SANITIZE
testsuite_fault_preload_so_CPPFLAGS += -DALLOCATIONS
endif
testsuite_fault_preload_so_CFLAGS = -std=c11 -Wall -Wextra -fPIC
testsuite_fault_preload_so_LDFLAGS = -shared
testsuite_fault_preload_so_LDADD = -ldl

# every step, ten million addresses, a million keys, and many more random configurations
fault-full: all
	STW_FAULT_FULL=1; STW_SEEDS=100; export STW_FAULT_FULL STW_SEEDS; \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(fault_tests) testsuite/stwc/roundtrip.py'

check-valgrind: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=testsuite/valgrind.test
.PHONY: fault-full check-valgrind
