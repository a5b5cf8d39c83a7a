noinst_LIBRARIES += libgrammar.a
libgrammar_a_SOURCES = \
	grammar/comment.c grammar/comment.h \
	grammar/expr.c grammar/expr.h grammar/expr_impl.h \
	grammar/expr_lex.c \
	grammar/expr_parse.c grammar/expr_parse.h \
	grammar/json.c grammar/json.h \
	grammar/json_cursor.c \
	grammar/json_scalar.c \
	grammar/keyset.c grammar/keyset.h \
	grammar/fault.h \
	grammar/layout.c grammar/layout.h \
	grammar/layout_toml.c \
	grammar/layout_yaml.c \
	grammar/ldap.c grammar/ldap.h \
	grammar/sieve.c grammar/sieve.h \
	grammar/sieve_string.c grammar/sieve_use.c grammar/sieve_use.h grammar/sieve_words.def \
	grammar/template.c grammar/template.h \
	grammar/reader.c grammar/reader.h grammar/reader_impl.h \
	grammar/scalar.c grammar/scalar.h \
	grammar/settings.c \
	grammar/toml.c grammar/toml.h \
	grammar/toml_lex.c \
	grammar/toml_table.c \
	grammar/toml_value.c \
	grammar/yaml.c grammar/yaml.h \
	grammar/yaml_scalar.c
libgrammar_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
EXTRA_DIST += grammar/toml_lex.re

grammar/toml_lex.c: grammar/toml_lex.re
	$(gen_re2c)
MAINTAINERCLEANFILES += grammar/toml_lex.c

EXTRA_DIST += grammar/expr_lex.re grammar/expr_parse.y
BUILT_SOURCES += grammar/expr_parse.h

grammar/expr_lex.c: grammar/expr_lex.re
	$(gen_re2c)
grammar/expr_parse.c: grammar/expr_parse.y
	$(gen_bison)
grammar/expr_parse.h: grammar/expr_parse.c
	@test -f $@ || { rm -f $<; $(MAKE) $(AM_MAKEFLAGS) $<; }
MAINTAINERCLEANFILES += grammar/expr_lex.c grammar/expr_parse.c grammar/expr_parse.h
