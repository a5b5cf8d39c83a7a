/* The registry of semantic checks. */
#include "stwc/check/check.h"
#include "stwc/state.h"

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
	check_postmaster,
	check_aliases,
	check_selectors,
	check_directories,
	check_pools,
	check_default_domain,
	check_enacted,
	check_limits,
	check_script_names,
	check_namespaces,
	check_tracers,
	check_tenants,
	check_host,
	check_certificates,
};

/* What is asked of every value of an object: all of it of one object, before the next comes to
 * memory. */
static void check_object(struct compilation *c, const struct object *object)
{
	check_texts(c, object);
	check_rules(c, object);
	check_enterprise(c, object);
}

bool check_run(struct compilation *c)
{
	const struct compile_state *state = c->state;
	size_t i;

	for (i = 0; i < c->object_count; i++)
		check_object(c, c->objects[i]);
	for (i = 0; i < state->aside_count; i++)
		check_rules_aside(c, state->asides[i]);
	for (i = 0; i < ARRAY_LEN(checks); i++)
		checks[i](c);
	return !c->arena.failed && !c->diags.failed;
}
