noinst_LIBRARIES += libstw.a
libstw_a_SOURCES = \
	libstw/bytes.h libstw/format.h libstw/scan.h libstw/stw.h \
	libstw/content.c libstw/content.h \
	libstw/discovery.c libstw/discovery.h \
	libstw/fault.c libstw/fault.h \
	libstw/footer.c libstw/footer.h \
	libstw/image.c libstw/image.h \
	libstw/lookup.c \
	libstw/manifest.c libstw/manifest.h \
	libstw/functions.def libstw/program.c libstw/program.h \
	libstw/packed.c libstw/packed.h libstw/packed_check.c \
	libstw/record.c libstw/record.h \
	libstw/shape.c libstw/shape.h \
	libstw/store.c libstw/store.h \
	libstw/walk.c
# made by schemac (schemas/local.mk)
nodist_libstw_a_SOURCES = libstw/records.c libstw/records.h libstw/ids.h
libstw_a_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
