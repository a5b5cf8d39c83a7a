/* The registry of semantic checks. */
#include "stwc/check/check.h"

static const struct check checks[] = {
	{"privileged-ports", NULL, check_privileged_ports},
	{"binds", NULL, check_binds},
	{"tls", NULL, check_tls},
	{"exposure", NULL, check_exposure},
	{"cleartext-auth", NULL, check_cleartext_auth},
	{"relay", NULL, check_relay},
	{"blocked", NULL, check_blocked},
	{"bannable", NULL, check_bannable},
	{"management-paths", NULL, check_management_paths},
	{"unused", NULL, check_unused},
	{"host-names", NULL, check_host_names},
	{"macros", NULL, check_macros},
	{"postmaster", NULL, check_postmaster},
	{"directories", NULL, check_directories},
	{"pools", NULL, check_pools},
	{"default-domain", NULL, check_default_domain},
	{"enacted", NULL, check_enacted},
	{"limits", NULL, check_limits},
	{"rules", NULL, check_rules},
	{"enterprise", NULL, check_enterprise},
	{"script-names", NULL, check_script_names},
	{"namespaces", NULL, check_namespaces},
	{"sizes", NULL, check_sizes},
	{"tracers", NULL, check_tracers},
	{"tenants", NULL, check_tenants},
	{"host", NULL, check_host},
	{"certificates", "host", check_certificates},
};

static bool is_done(const bool *done, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(checks); i++) {
		if (strcmp(checks[i].name, name) == 0)
			return done[i];
	}
	return true;
}

bool check_run(struct compilation *c)
{
	bool done[ARRAY_LEN(checks)] = {false};
	size_t left = ARRAY_LEN(checks), before, i;

	do {
		before = left;
		for (i = 0; i < ARRAY_LEN(checks); i++) {
			if (done[i] || (checks[i].after && !is_done(done, checks[i].after)))
				continue;
			checks[i].run(c);
			done[i] = true;
			left--;
		}
	} while (left && left < before);
	return !c->arena.failed && !c->diags.failed;
}
