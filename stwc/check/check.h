/*
 * The semantic checks: each has a name, prerequisites by name, and one file per topic. They run
 * over finished objects, so a value that was wrong is absent and nothing is said twice.
 */
#ifndef STW_STWC_CHECK_H
#define STW_STWC_CHECK_H

#include "stwc/compile.h"

struct check {
	const char *name;
	const char *after; /* a check that must have run before, or NULL */
	void (*run)(struct compilation *c);
};

/* Runs every check in an order that keeps the prerequisites. False: out of memory. */
bool check_run(struct compilation *c) WARN_UNUSED;

/* listener.c */
void check_privileged_ports(struct compilation *c);
void check_binds(struct compilation *c);
/* limits.c */
void check_limits(struct compilation *c);
/* settings.c */
void check_default_domain(struct compilation *c);
/* enacted.c */
void check_enacted(struct compilation *c);

#endif
