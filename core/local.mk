noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/codes.def \
	core/diag.c core/diag.h \
	core/diag_json.c core/diag_text.c core/render.h \
	core/node.c core/node.h \
	core/source.c core/source.h \
	core/suggest.c core/suggest.h
