STWS = \
	schemas/accounts.stws \
	schemas/bootstrap.stws \
	schemas/cluster.stws \
	schemas/common.stws \
	schemas/directories.stws \
	schemas/dns.stws \
	schemas/domains.stws \
	schemas/enterprise.stws \
	schemas/expressions.stws \
	schemas/history.stws \
	schemas/http.stws \
	schemas/jmap.stws \
	schemas/lookups.stws \
	schemas/mail.stws \
	schemas/mta.stws \
	schemas/names.stws \
	schemas/network.stws \
	schemas/queue.stws \
	schemas/reports.stws \
	schemas/secrets.stws \
	schemas/sieve.stws \
	schemas/spam.stws \
	schemas/stores.stws \
	schemas/tasks.stws \
	schemas/telemetry.stws \
	schemas/tls.stws
EXTRA_DIST += $(STWS) schemas/ids.lock schemas/README.md schemas/settings-0.15.def

noinst_PROGRAMS += schemac
schemac_SOURCES = \
	schemas/holds.c schemas/holds.h \
	schemas/lookup.c schemas/checks.def schemas/schema.h \
	schemas/required.c schemas/required.h \
	schemas/schemac/attributes.c \
	schemas/schemac/canonical.c \
	schemas/schemac/default.c \
	schemas/schemac/derive.c \
	schemas/schemac/emit_codes.c \
	schemas/schemac/emit_ids.c \
	schemas/schemac/emit_manual.c \
	schemas/schemac/emit_records.c \
	schemas/schemac/emit_tables.c \
	schemas/schemac/history.c \
	schemas/schemac/lock.c \
	schemas/schemac/main.c \
	schemas/schemac/rows.c \
	schemas/schemac/schemac.h \
	schemas/schemac/type.c
schemac_LDADD = libgrammar.a libcore.a libbase.a $(YAML_LIBS) $(CRYPTO_LIBS)

noinst_LIBRARIES += libschemas.a
libschemas_a_SOURCES = \
	schemas/compare.c \
	schemas/foreign.c schemas/foreign.h \
	schemas/holds.c schemas/holds.h \
	schemas/lookup.c schemas/checks.def schemas/schema.h \
	schemas/merge.c \
	schemas/required.c schemas/required.h
nodist_libschemas_a_SOURCES = schemas/tables.c

# a published schema.json beside our rows
noinst_PROGRAMS += import-schema
import_schema_SOURCES = \
	contrib/import-schema/main.c \
	contrib/import-schema/rows.c contrib/import-schema/rows.h
import_schema_LDADD = libschemas.a libgrammar.a libcore.a libbase.a $(YAML_LIBS) $(CRYPTO_LIBS)

# schemac writes only what changed, so the stamp, not the files, says that it ran.
SCHEMAC_OUTPUT = schemas/tables.c libstw/ids.h libstw/records.h libstw/records.c doc/stw-objects.5 \
	doc/stw-codes.7
schemas/schemac.stamp: schemac$(EXEEXT) $(STWS) schemas/ids.lock
	$(AM_V_GEN)$(MKDIR_P) schemas libstw doc && \
	./schemac$(EXEEXT) --lock $(srcdir)/schemas/ids.lock --output . $(STWS:%=$(srcdir)/%) && \
	touch $@
$(SCHEMAC_OUTPUT): schemas/schemac.stamp
	@test -f $@ || { rm -f $< && $(MAKE) $(AM_MAKEFLAGS) $<; }
BUILT_SOURCES += $(SCHEMAC_OUTPUT)
nodist_man_MANS = doc/stw-objects.5 doc/stw-codes.7
CLEANFILES += $(SCHEMAC_OUTPUT) schemas/schemac.stamp

# after a row was added: gives it its permanent number
.PHONY: update-lock
update-lock: schemac$(EXEEXT)
	./schemac$(EXEEXT) --lock $(srcdir)/schemas/ids.lock --update-lock $(STWS:%=$(srcdir)/%)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completion/stwc.bash
