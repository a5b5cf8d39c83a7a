noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	engine/address_build.c \
	engine/address_table.c engine/address_table.h \
	engine/decide.c engine/decide.h \
	engine/live_table.c engine/live_table.h \
	engine/netaddr.c engine/netaddr.h \
	engine/interp.c engine/interp.h \
	engine/interp_library.c engine/interp_library.h \
	engine/interp_operators.c engine/interp_operators.h \
	engine/interp_texts.c \
	engine/interp_value.c engine/interp_value.h \
	engine/regex.c engine/regex.h \
	engine/regex_syntax.c
libengine_a_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
