noinst_LIBRARIES += libstwc.a
libstwc_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(IDN2_CFLAGS) $(PSL_CFLAGS) \
	$(ARGON2_CFLAGS)
libstwc_a_SOURCES = \
	stwc/allow.c \
	stwc/bind.c stwc/bind.h \
	stwc/bind_members.c \
	stwc/bind_hint.c \
	stwc/bind_patch.c \
	stwc/bind_scalar.c \
	stwc/bootstrap.c stwc/bootstrap.h \
	stwc/check/account.c \
	stwc/check/certificate.c \
	stwc/check/check.c stwc/check/check.h \
	stwc/check/directory.c \
	stwc/check/dkim.c \
	stwc/check/domain.c \
	stwc/check/enterprise.c \
	stwc/check/headers.c \
	stwc/check/keys.c \
	stwc/check/ldap.c \
	stwc/check/password.c stwc/check/password.h \
	stwc/check/rules.c stwc/check/rules.h \
	stwc/check/script.c \
	stwc/check/store.c \
	stwc/check/target.c \
	stwc/check/telemetry.c \
	stwc/check/tenant.c \
	stwc/check/enacted.c \
	stwc/check/exposure.c \
	stwc/check/expression.c stwc/check/expression.h \
	stwc/check/expression_memo.c \
	stwc/check/expression_compare.c \
	stwc/check/expression_result.c \
	stwc/check/limits.c \
	stwc/check/lint.c stwc/check/lint.h \
	stwc/check/listener.c \
	stwc/check/lockout.c \
	stwc/check/names.c \
	stwc/check/texts.c \
	stwc/check/relay.c \
	stwc/check/settings.c \
	stwc/check/tls.c \
	stwc/check/unused.c \
	stwc/compile.c stwc/compile.h \
	stwc/defaults.c stwc/defaults.h \
	stwc/dialect.c stwc/dialect.h \
	stwc/draft.c \
	stwc/eval.c stwc/eval.h \
	stwc/eval_config.c \
	stwc/eval_field.c \
	stwc/expr_code.c \
	stwc/expr_names.c \
	stwc/expression.h \
	stwc/fold.c \
	stwc/host.c stwc/host.h \
	stwc/identity.c \
	stwc/include.c stwc/include.h \
	stwc/jmap.c \
	stwc/list.c \
	stwc/init.c stwc/init.h \
	stwc/init_answer.c \
	stwc/init_files.c stwc/init_files.h \
	stwc/init_questions.c \
	stwc/init_text.c \
	stwc/keys.c stwc/keys.h \
	stwc/keys_make.c \
	stwc/load.c \
	stwc/mask.c \
	stwc/names.c stwc/names.h \
	stwc/match.c \
	stwc/packed.c stwc/packed.h \
	stwc/packed_table.c \
	stwc/stream.c stwc/stream.h \
	stwc/password_hash.c stwc/password_hash.h \
	stwc/path.c stwc/path.h \
	stwc/plan.c \
	stwc/plan_allowed.c \
	stwc/plan_destroy.c \
	stwc/plan_names.c \
	stwc/plan_packed.c \
	stwc/plan_update.c \
	stwc/picture.c stwc/picture.h \
	stwc/pointer.c stwc/pointer.h \
	stwc/project.c stwc/project.h \
	stwc/report.h \
	stwc/report_lines.c \
	stwc/report_sarif.c \
	stwc/resolve.c \
	stwc/settings.c stwc/settings.h \
	stwc/settings_cluster.c \
	stwc/settings_domain.c \
	stwc/settings_events.c \
	stwc/settings_expr.c \
	stwc/settings_finish.c \
	stwc/settings_macro.c \
	stwc/settings_pem.c \
	stwc/settings_place.c \
	stwc/settings_report.c stwc/settings_report.h \
	stwc/settings_retry.c stwc/settings_retry.h \
	stwc/settings_spam.c \
	stwc/settings_special.c \
	stwc/settings_store.c \
	stwc/settings_table.c \
	stwc/settings_value.c \
	stwc/state.h \
	stwc/text.c \
	stwc/unique.c \
	stwc/value.h \
	stwc/walk.c stwc/walk.h

bin_PROGRAMS += stwc/stwc
stwc_stwc_SOURCES = \
	stwc/cmd.h \
	stwc/cmd_build.c \
	stwc/cmd_check.c \
	stwc/cmd_hash.c \
	stwc/cmd_init.c \
	stwc/cmd_terminal.c stwc/cmd_terminal.h \
	stwc/main.c \
	stwc/cmd_options.c \
	stwc/cmd_project.c \
	stwc/cmd_reference.c
stwc_stwc_LDADD = libstwc.a libgrammar.a libschemas.a libengine.a libstw.a libcore.a libbase.a \
	$(YAML_LIBS) $(LMDB_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS) $(PSL_LIBS) $(PCRE2_LIBS) \
	$(ARGON2_LIBS)

# for editors: what `stwc schema --to json-schema` prints
stwdatadir = $(datadir)/stw
nodist_stwdata_DATA = stwc/stw.schema.json
stwc/stw.schema.json: stwc/stwc$(EXEEXT)
	$(AM_V_GEN)stwc/stwc$(EXEEXT) schema --to json-schema >$@.tmp && mv $@.tmp $@
CLEANFILES += stwc/stw.schema.json

include stwc/emit.mk
include stwc/view.mk
