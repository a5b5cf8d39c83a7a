/* SystemSettings: what stw's own form may leave to be worked out. */
#include "stwc/check/check.h"

/* The only Domain stands in for a defaultDomainId that is not set (DESIGN.md 4). */
void check_default_domain(struct compilation *c)
{
	struct object *settings = compile_singleton(c, "SystemSettings");
	size_t domains = 0, i;

	if (!settings || settings->poisoned || settings->rest_elsewhere || c->options.partial ||
	    c->has_settings || value_field_get(&settings->body, "defaultDomainId"))
		return;
	for (i = 0; i < c->object_count; i++)
		domains += strcmp(c->objects[i]->type->name, "Domain") == 0;
	if (domains == 1)
		return;
	diag_path(&c->diags,
		  diag_add(&c->diags, DIAG_NO_DOMAIN, settings->span,
			   domains ? "SystemSettings names no defaultDomainId, and there are %zu "
				     "domains"
				   : "SystemSettings names no defaultDomainId, and there are %zu "
				     "domains to take",
			   domains),
		  "SystemSettings/defaultDomainId");
}
