# included by stwc/local.mk: the image writer
libstwc_a_SOURCES += \
	stwc/emit/discovery.c \
	stwc/emit/emit.h \
	stwc/emit/expressions.c \
	stwc/emit/image.c \
	stwc/emit/lmdb.c stwc/emit/lmdb.h \
	stwc/emit/plan.c stwc/emit/plan.h \
	stwc/emit/record.c stwc/emit/record.h \
	stwc/emit/tables.c
libstwc_a_CPPFLAGS += $(LMDB_CFLAGS)
