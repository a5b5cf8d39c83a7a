# Fuzz targets: the corpus with every `make check`; `make fuzz` looks for more (HACKING.md).
fuzz_sources = \
	testsuite/fuzz/fuzz.h \
	testsuite/fuzz/fuzz_compile.c \
	testsuite/fuzz/fuzz_discovery.c \
	testsuite/fuzz/fuzz_grammar.c \
	testsuite/fuzz/fuzz_expr.c \
	testsuite/fuzz/fuzz_image.c \
	testsuite/fuzz/fuzz_readers.c \
	testsuite/fuzz/fuzz_state.c \
	testsuite/fuzz/fuzz_targets.c \
	testsuite/fuzz/fuzz_text.c \
	testsuite/fuzz/fuzz_zone.c
fuzz_libs = libzone.a libmain.a $(EDGE_LIBS) libstwc.a libgrammar.a libschemas.a libengine.a libstw.a \
	libcore.a libbase.a $(YAML_LIBS) $(LMDB_LIBS) $(CAP_LIBS) $(SYSTEMD_LIBS) $(CRYPTO_LIBS) \
	$(IDN2_LIBS) $(PSL_LIBS) $(PCRE2_LIBS) $(CARES_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += testsuite/fuzz/replay
testsuite_fuzz_replay_SOURCES = testsuite/fuzz/replay.c $(fuzz_sources)
testsuite_fuzz_replay_LDADD = $(fuzz_libs)
TESTS += testsuite/fuzz/replay

# only in the build of `make fuzz`
EXTRA_PROGRAMS += testsuite/fuzz/libfuzzer
testsuite_fuzz_libfuzzer_SOURCES = testsuite/fuzz/libfuzzer.c $(fuzz_sources)
testsuite_fuzz_libfuzzer_LDADD = $(fuzz_libs)
testsuite_fuzz_libfuzzer_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

EXTRA_DIST += testsuite/fuzz/corpus testsuite/fuzz/minimal testsuite/fuzz/dictionaries \
	testsuite/fuzz/fuzz.sh testsuite/fuzz/bundle.py

# FUZZ_SECONDS for each target, one after another; FUZZ='toml json' for some of them
FUZZ_SECONDS = 60
FUZZ =
fuzz:
	srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' FUZZ_SECONDS='$(FUZZ_SECONDS)' \
		$(SHELL) $(srcdir)/testsuite/fuzz/fuzz.sh $(FUZZ)
.PHONY: fuzz
