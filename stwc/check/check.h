/*
 * The semantic checks, one file per topic. They run over finished objects, so a value that was
 * wrong is absent and nothing is said twice.
 */
#ifndef STW_STWC_CHECK_H
#define STW_STWC_CHECK_H

#include "stwc/compile.h"

/* Runs every check. False: out of memory. */
bool check_run(struct compilation *c) WARN_UNUSED;

/* listener.c */
void check_privileged_ports(struct compilation *c);
void check_binds(struct compilation *c);
/* texts.c */
void check_texts(struct compilation *c, const struct object *object);
/* tls.c */
void check_tls(struct compilation *c);
/* exposure.c */
void check_exposure(struct compilation *c);
void check_cleartext_auth(struct compilation *c);
/* relay.c */
void check_relay(struct compilation *c);
/* lockout.c */
void check_blocked(struct compilation *c);
void check_bannable(struct compilation *c);
void check_management_paths(struct compilation *c);
/* unused.c */
void check_unused(struct compilation *c);
/* names.c */
void check_host_names(struct compilation *c);
void check_postmaster(struct compilation *c);
void check_aliases(struct compilation *c);
/* dkim.c */
void check_selectors(struct compilation *c);
/* directory.c */
void check_directories(struct compilation *c);
void check_pools(struct compilation *c);
/* certificate.c */
void check_host(struct compilation *c);
void check_certificates(struct compilation *c);
/* limits.c */
void check_limits(struct compilation *c);
/* Warns where `count` of something, named in the plural, is within the last fifth of its limit. */
void check_near(struct compilation *c, struct span span, const char *what, uint64_t count,
		uint64_t limit);
/* settings.c */
void check_default_domain(struct compilation *c);
/* enterprise.c */
void check_enterprise(struct compilation *c, const struct object *object);
/* rules.c */
void check_rules(struct compilation *c, const struct object *object);
/* One that is an update of what is not shown. */
void check_rules_aside(struct compilation *c, const struct object *object);
/* script.c */
void check_script_names(struct compilation *c);
/* store.c */
void check_namespaces(struct compilation *c);
/* target.c */
void check_default_targets(struct compilation *c);
/* telemetry.c */
void check_tracers(struct compilation *c);
/* tenant.c */
void check_tenants(struct compilation *c);
/* enacted.c */
void check_enacted(struct compilation *c);

#endif
