# the compiler: what it accepts, refuses and says
stwc_tests = \
	testsuite/stwc/binding.py \
	testsuite/stwc/corpus.py \
	testsuite/stwc/folding.py \
	testsuite/stwc/editor.py \
	testsuite/stwc/eval.py \
	testsuite/stwc/graph.py \
	testsuite/stwc/hash.py \
	testsuite/stwc/includes.py \
	testsuite/stwc/init.py \
	testsuite/stwc/hosts.py \
	testsuite/stwc/lints.py \
	testsuite/stwc/mistakes.py \
	testsuite/stwc/census.py \
	testsuite/stwc/migrate.py \
	testsuite/stwc/offline.py \
	testsuite/stwc/operators.py \
	testsuite/stwc/options.py \
	testsuite/stwc/outputs.py \
	testsuite/stwc/plans.py \
	testsuite/stwc/rules.py \
	testsuite/stwc/schemafile.py \
	testsuite/stwc/scripts.py \
	testsuite/stwc/secrets.py \
	testsuite/stwc/texts.py \
	testsuite/stwc/target.py \
	testsuite/stwc/seeds.py \
	testsuite/stwc/stream.py
TESTS += $(stwc_tests)
EXTRA_DIST += $(stwc_tests) testsuite/stwc/operators.toml testsuite/stwc/stwctest.py testsuite/stwc/terminal.py testsuite/stwc/validator.py testsuite/bench/wide.py

if HAVE_CMOCKA
check_PROGRAMS += testsuite/unit/test_stream
TESTS += testsuite/unit/test_stream
endif
testsuite_unit_test_stream_SOURCES = testsuite/unit/test_stream.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_stream_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_stream_LDADD = libstwc.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

include testsuite/stwc-view.mk
