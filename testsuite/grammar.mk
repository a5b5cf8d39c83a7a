grammar_test_libs = libgrammar.a libcore.a libbase.a $(YAML_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += toml-decode json-decode yaml-decode settings-decode
toml_decode_SOURCES = testsuite/conform/toml-decode.c testsuite/conform/decode.c testsuite/conform/decode.h
toml_decode_LDADD = $(grammar_test_libs)
yaml_decode_SOURCES = testsuite/conform/yaml-decode.c testsuite/conform/decode.c testsuite/conform/decode.h
yaml_decode_LDADD = $(grammar_test_libs)
settings_decode_SOURCES = testsuite/conform/settings-decode.c testsuite/conform/decode.c testsuite/conform/decode.h
settings_decode_LDADD = $(grammar_test_libs)
json_decode_SOURCES = testsuite/conform/json-decode.c testsuite/conform/decode.c testsuite/conform/decode.h
json_decode_LDADD = $(grammar_test_libs)

dist_check_SCRIPTS += testsuite/conform/toml.py
TESTS += testsuite/conform/toml.py
EXTRA_DIST += testsuite/conform/suite.py
