grammar_test_libs = libgrammar.a libcore.a libbase.a $(YAML_LIBS) $(CRYPTO_LIBS)

# one decoder per format: standard input through a reader, JSON out
grammar_decode = testsuite/conform/decode.c testsuite/conform/decode.h
check_PROGRAMS += \
	testsuite/conform/json-decode testsuite/conform/settings-decode \
	testsuite/conform/toml-decode testsuite/conform/yaml-decode
testsuite_conform_toml_decode_SOURCES = testsuite/conform/toml-decode.c $(grammar_decode)
testsuite_conform_toml_decode_LDADD = $(grammar_test_libs)
testsuite_conform_json_decode_SOURCES = testsuite/conform/json-decode.c $(grammar_decode)
testsuite_conform_json_decode_LDADD = $(grammar_test_libs)
testsuite_conform_yaml_decode_SOURCES = testsuite/conform/yaml-decode.c $(grammar_decode)
testsuite_conform_yaml_decode_LDADD = $(grammar_test_libs)
testsuite_conform_settings_decode_SOURCES = testsuite/conform/settings-decode.c $(grammar_decode)
testsuite_conform_settings_decode_LDADD = $(grammar_test_libs)

grammar_scripts = \
	testsuite/conform/hostile.py \
	testsuite/conform/json-suite.py \
	testsuite/conform/mutation.py \
	testsuite/conform/settings-suite.py \
	testsuite/conform/toml-suite.py \
	testsuite/conform/yaml-suite.py
dist_check_SCRIPTS += $(grammar_scripts)
TESTS += $(grammar_scripts)
EXTRA_DIST += testsuite/conform/samples.py testsuite/conform/values.py testsuite/conform/suite.py testsuite/conform/verdict-rows.tsv testsuite/conform/yaml-deviations.txt

# every value of the mutation run, and its counts into doc/verdict.md
mutation-full: all
	$(AM_TESTS_ENVIRONMENT) STW_MUTATIONS=full; export STW_MUTATIONS; \
	$(PYTHON3) $(srcdir)/testsuite/conform/mutation.py --write $(srcdir)/doc/verdict.md
.PHONY: mutation-full

if HAVE_CMOCKA
grammar_tests = \
	testsuite/unit/test_expr \
	testsuite/unit/test_json \
	testsuite/unit/test_keyset \
	testsuite/unit/test_scalar \
	testsuite/unit/test_settings \
	testsuite/unit/test_toml \
	testsuite/unit/test_yaml
check_PROGRAMS += $(grammar_tests)
TESTS += $(grammar_tests)
endif

grammar_unit = testsuite/unit/reader_unit.c testsuite/unit/reader_unit.h testsuite/unit/unit.h \
	testsuite/conform/decode.c testsuite/conform/decode.h
grammar_unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
grammar_unit_libs = $(grammar_test_libs) $(CMOCKA_LIBS)

testsuite_unit_test_json_SOURCES = testsuite/unit/test_json.c $(grammar_unit)
testsuite_unit_test_json_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_json_LDADD = $(grammar_unit_libs)
testsuite_unit_test_keyset_SOURCES = testsuite/unit/test_keyset.c testsuite/unit/unit.h
testsuite_unit_test_keyset_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_keyset_LDADD = $(grammar_unit_libs)
testsuite_unit_test_scalar_SOURCES = testsuite/unit/test_scalar.c testsuite/unit/unit.h
testsuite_unit_test_scalar_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_scalar_LDADD = $(grammar_unit_libs)
testsuite_unit_test_settings_SOURCES = testsuite/unit/test_settings.c $(grammar_unit)
testsuite_unit_test_settings_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_settings_LDADD = $(grammar_unit_libs)
testsuite_unit_test_toml_SOURCES = testsuite/unit/test_toml.c $(grammar_unit)
testsuite_unit_test_toml_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_toml_LDADD = $(grammar_unit_libs)
testsuite_unit_test_yaml_SOURCES = testsuite/unit/test_yaml.c $(grammar_unit)
testsuite_unit_test_yaml_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_yaml_LDADD = $(grammar_unit_libs)
testsuite_unit_test_expr_SOURCES = testsuite/unit/test_expr.c testsuite/unit/unit.h
testsuite_unit_test_expr_CPPFLAGS = $(grammar_unit_cppflags)
testsuite_unit_test_expr_LDADD = $(grammar_unit_libs)
