# Faults: everything that can go wrong around stwc and stwd, and what must not come of it.
# `make fault-full` goes through every step of it; `make check` takes a part of the long ones.
fault_tests = \
	testsuite/fault/build.py \
	testsuite/fault/crashes.py \
	testsuite/fault/disk.py \
	testsuite/fault/images.py \
	testsuite/fault/refusals.py \
	testsuite/fault/replace.py \
	testsuite/fault/swaps.py
TESTS += $(fault_tests)
EXTRA_DIST += $(fault_tests) testsuite/fault/faulttest.py

# Loaded into stwc and stwd by the tests. No libtool for this one file: it is never installed, and
# the sanitizers have no place in it.
check_PROGRAMS += testsuite/fault/preload.so
testsuite_fault_preload_so_SOURCES = testsuite/fault/preload.c
testsuite_fault_preload_so_CPPFLAGS = -D_GNU_SOURCE
testsuite_fault_preload_so_CFLAGS = -std=c11 -Wall -Wextra -fPIC
testsuite_fault_preload_so_LDFLAGS = -shared
testsuite_fault_preload_so_LDADD = -ldl

fault-full: $(check_PROGRAMS) stwd stwctl stwc/stwc
	STW_FAULT_FULL=1; export STW_FAULT_FULL; \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(fault_tests)'
.PHONY: fault-full
