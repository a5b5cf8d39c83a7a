noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/attr.h base/str.h \
	base/arena.c base/arena.h \
	base/buf.c base/buf.h \
	base/digest.c base/digest.h \
	base/fs.c base/fs.h \
	base/advise.c base/advise.h \
	base/map.c base/map.h \
	base/num.c base/num.h \
	base/utf8.c base/utf8.h \
	base/utf8_case.c
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
