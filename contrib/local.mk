EXTRA_DIST += contrib/check contrib/quickstart contrib/packages.sh \
	contrib/systemd/stwd.service.in contrib/systemd/stwd.socket contrib/systemd/stw.sysusers.conf \
	contrib/ci/install contrib/ci/gitlab.yml contrib/ci/github contrib/recipes

dist_stwdata_SCRIPTS = contrib/ci/pre-commit

examplesdir = $(docdir)/examples
dist_examples_DATA = \
	contrib/examples/README.md \
	contrib/examples/loopback.toml contrib/examples/second.toml contrib/examples/cases.toml \
	contrib/examples/mail.yaml contrib/examples/mail.json \
	contrib/examples/plan.ndjson contrib/examples/settings-0.15.toml
examplesclusterdir = $(examplesdir)/cluster
dist_examplescluster_DATA = \
	contrib/examples/cluster/stw.toml contrib/examples/cluster/mx1.toml \
	contrib/examples/cluster/mx2.toml contrib/examples/cluster/relay.toml
examplesclusterbasedir = $(examplesclusterdir)/base
dist_examplesclusterbase_DATA = \
	contrib/examples/cluster/base/system.toml contrib/examples/cluster/base/listeners.toml
examplesmaildir = $(examplesdir)/mail
dist_examplesmail_DATA = \
	contrib/examples/mail/10-system.toml contrib/examples/mail/20-listeners.toml \
	contrib/examples/mail/30-tls.toml contrib/examples/mail/40-addresses.toml \
	contrib/examples/mail/50-logging.toml

# config.status would leave ${prefix} in the paths; make knows them whole
contrib/systemd/stwd.service: contrib/systemd/stwd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's,@bindir[@],$(bindir),g' -e 's,@sbindir[@],$(sbindir),g' \
		$(srcdir)/contrib/systemd/stwd.service.in >$@.tmp && mv $@.tmp $@
CLEANFILES += contrib/systemd/stwd.service

if INSTALL_SYSTEMD_UNITS
systemdsystemunit_DATA = contrib/systemd/stwd.service
sysusersdir = $(prefix)/lib/sysusers.d
install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(sysusersdir)
	$(INSTALL_DATA) $(srcdir)/contrib/systemd/stw.sysusers.conf $(DESTDIR)$(sysusersdir)/stw.conf
uninstall-hook:
	rm -f $(DESTDIR)$(sysusersdir)/stw.conf
endif
