/* The tables of a configuration that decide about addresses, and the lines of their entries. */
#include "stwc/view_address.h"

#include <stdlib.h>

static const struct schema_object *type_named(const struct view_decider *d, const char *name)
{
	return schema_object_find(d->view->c.schema, str_c(name));
}

static bool load_table(struct view_decider *d, const char *name, struct address_table *out)
{
	const struct schema_object *type = type_named(d, name);

	if (!type)
		return address_table_open((struct stw_bytes){NULL, 0}, out);
	return view_table(d->view, type, out);
}

static bool load_proxies(struct view_decider *d)
{
	const struct schema_object *type = type_named(d, "SystemSettings");
	const struct value *value;
	size_t i;

	if (!type)
		return true;
	if (!view_load(d->view, type))
		return false;
	d->settings = compile_singleton(&d->view->c, "SystemSettings");
	for (i = 0; d->settings && i < d->settings->body.count; i++) {
		if (strcmp(d->settings->body.fields[i].field->name, "proxyTrustedNetworks") == 0)
			d->trusted = &d->settings->body.fields[i];
	}
	value = d->trusted ? d->trusted->value : NULL;
	if (!value || value->kind != VALUE_SEQUENCE)
		return true;
	d->proxies = calloc(value->sequence.count + 1, sizeof(*d->proxies));
	if (!d->proxies)
		return false;
	for (i = 0; i < value->sequence.count; i++)
		d->proxies[i] = value->sequence.items[i]->network;
	d->decider.proxies = d->proxies;
	d->decider.proxy_count = value->sequence.count;
	return true;
}

bool view_decider_init(struct view_decider *d, struct view *view)
{
	*d = (struct view_decider){.view = view};
	return load_table(d, "AllowedIp", &d->decider.allowed) &&
	       load_table(d, "BlockedIp", &d->decider.blocked) && load_proxies(d);
}

void view_decider_free(struct view_decider *d)
{
	free(d->proxies);
}

static struct view_reason entry_reason(struct view_decider *d, const struct address_table *table,
				       const char *type_name, uint32_t index)
{
	struct view_reason reason = {{STR_NONE, 0}, STR_NONE};
	const struct schema_object *type = type_named(d, type_name);
	const struct schema_field *field =
		type ? schema_field_find(type->structure, STR("reason")) : NULL;
	const struct schema_enum_member *member = NULL;
	struct address_entry entry;

	if (!address_table_at(table, index, &entry))
		return reason;
	reason.place = view_entry_place(d->view, &entry);
	if (entry.has_reason && field && field->type->kind == TYPE_ENUM)
		member = schema_enum_member_numbered(field->type->members, entry.reason);
	reason.word = member ? str_c(member->name) : entry.note;
	return reason;
}

/* The member of the set that decided, where sources know its own line. */
static const struct value *trusted_member(const struct view_decider *d,
					  const struct net_network *network)
{
	const struct value *set = d->trusted->value;
	size_t i;

	for (i = 0; i < set->sequence.count; i++) {
		if (net_network_eq(&set->sequence.items[i]->network, network))
			return set->sequence.items[i];
	}
	return set;
}

struct view_reason view_decision_reason(struct view_decider *d, const struct decision *decision)
{
	struct view_reason none = {{STR_NONE, 0}, STR_NONE};

	switch (decision->rule) {
	case DECIDE_ALLOWED_IP:
		return entry_reason(d, &d->decider.allowed, "AllowedIp", decision->index);
	case DECIDE_BLOCKED_IP:
		return entry_reason(d, &d->decider.blocked, "BlockedIp", decision->index);
	case DECIDE_TRUSTED_PROXY:
		none.place = view_place_of(d->view, d->settings, d->trusted,
					   trusted_member(d, &decision->network));
		return none;
	case DECIDE_NO_RULE:
	case DECIDE_TEMPORARY_ALLOW:
	case DECIDE_LOOPBACK:
	case DECIDE_BAN: return none;
	}
	return none;
}

/* "BlockedIp 192.0.2.0/24", or why no entry was needed. */
void view_decision_rule(struct buf *out, const struct decision *decision)
{
	char network[NET_TEXT_SIZE];

	net_network_format(&decision->network, network);
	switch (decision->rule) {
	case DECIDE_NO_RULE: buf_puts(out, STR("no rule speaks about it")); break;
	case DECIDE_LOOPBACK: buf_puts(out, STR("it is a loopback address")); break;
	case DECIDE_ALLOWED_IP: buf_printf(out, "AllowedIp %s", network); break;
	case DECIDE_BLOCKED_IP: buf_printf(out, "BlockedIp %s", network); break;
	case DECIDE_TRUSTED_PROXY:
		buf_printf(out, "SystemSettings.proxyTrustedNetworks has %s", network);
		break;
	case DECIDE_TEMPORARY_ALLOW:
	case DECIDE_BAN: buf_puts(out, str_c(decide_rule_word(decision->rule))); break;
	}
}
