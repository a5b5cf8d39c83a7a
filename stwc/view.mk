# the commands that read: what they show and how it is written
libstwc_a_SOURCES += \
	stwc/view_jsonschema.c stwc/view_jsonschema.h \
	stwc/view_reference.c stwc/view_reference.h
stwc_stwc_SOURCES += \
	stwc/cmd_explain.c \
	stwc/cmd_schema.c
