/* SystemSettings: what stw's own form may leave to be worked out. */
#include "stwc/check/check.h"

/* The only Domain stands in for a defaultDomainId that is not set (DESIGN.md 4). */
void check_default_domain(struct compilation *c)
{
	struct object *settings = compile_first(c, "SystemSettings");
	struct diag *diag;
	const struct object *domain;
	size_t domains = 0;

	if (!settings || settings->poisoned || settings->rest_elsewhere || c->options.partial ||
	    c->has_settings || value_field_get(&settings->body, "defaultDomainId"))
		return;
	for (domain = compile_first(c, "Domain"); domain; domain = domain->next)
		domains++;
	if (domains == 1)
		return;
	diag = domains ? diag_add(&c->diags, DIAG_NO_DOMAIN, settings->span,
				  "SystemSettings names no defaultDomainId, and any of %zu domains "
				  "could be it",
				  domains)
		       : diag_add(&c->diags, DIAG_NO_DOMAIN, settings->span,
				  "SystemSettings names no defaultDomainId, and there is no Domain "
				  "that could be it");
	diag_path(&c->diags, diag, "SystemSettings/defaultDomainId");
	diag_hint(&c->diags, diag,
		  domains ? "set defaultDomainId = \"#NAME\", with the name of one of them"
			  : "add a Domain; the only one needs no naming");
}
