noinst_LIBRARIES += libstw.a
libstw_a_SOURCES = \
	libstw/bytes.h libstw/format.h libstw/stw.h \
	libstw/record.c libstw/record.h
