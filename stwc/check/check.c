/* The registry of semantic checks. */
#include "stwc/check/check.h"

/* In this order: certificates are compared with the host that check_host has found. */
static void (*const checks[])(struct compilation *c) = {
	check_privileged_ports,
	check_binds,
	check_tls,
	check_exposure,
	check_cleartext_auth,
	check_relay,
	check_blocked,
	check_bannable,
	check_management_paths,
	check_unused,
	check_default_targets,
	check_host_names,
	check_texts,
	check_postmaster,
	check_directories,
	check_pools,
	check_default_domain,
	check_enacted,
	check_limits,
	check_rules,
	check_enterprise,
	check_script_names,
	check_namespaces,
	check_tracers,
	check_tenants,
	check_host,
	check_certificates,
};

bool check_run(struct compilation *c)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](c);
	return !c->arena.failed && !c->diags.failed;
}
