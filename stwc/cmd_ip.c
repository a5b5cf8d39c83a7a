/* stwc ip: what the daemon would do with an address, by which rule, and from which line. */
#include <stdlib.h>

#include "engine/decide.h"
#include "grammar/scalar.h"
#include "stwc/cmd_view.h"

struct question {
	struct view view;
	struct net_addr peer;
	struct net_network *proxies;
	const struct object *settings; /* SystemSettings; NULL: not set */
	const struct value_field *trusted;
	struct decider decider;
	struct decision decision;
	int64_t now;
};

/* What stands behind a decision, as far as the configuration says it. */
struct reason {
	struct view_place place;
	struct str word; /* BlockedIp.reason, or the note of AllowedIp; may be empty */
};

static const struct schema_object *type_named(const struct question *q, const char *name)
{
	return schema_object_find(q->view.c.schema, str_c(name));
}

static bool load_table(struct question *q, const char *name, struct address_table *out)
{
	const struct schema_object *type = type_named(q, name);

	if (!type)
		return address_table_open((struct stw_bytes){NULL, 0}, out);
	return view_table(&q->view, type, out);
}

static bool load_proxies(struct question *q)
{
	const struct schema_object *type = type_named(q, "SystemSettings");
	const struct value *value;
	size_t i;

	if (!type)
		return true;
	if (!view_load(&q->view, type))
		return false;
	q->settings = compile_singleton(&q->view.c, "SystemSettings");
	for (i = 0; q->settings && i < q->settings->body.count; i++) {
		if (strcmp(q->settings->body.fields[i].field->name, "proxyTrustedNetworks") == 0)
			q->trusted = &q->settings->body.fields[i];
	}
	value = q->trusted ? q->trusted->value : NULL;
	if (!value || value->kind != VALUE_SEQUENCE)
		return true;
	q->proxies = calloc(value->sequence.count + 1, sizeof(*q->proxies));
	if (!q->proxies)
		return false;
	for (i = 0; i < value->sequence.count; i++)
		q->proxies[i] = value->sequence.items[i]->network;
	q->decider.proxies = q->proxies;
	q->decider.proxy_count = value->sequence.count;
	return true;
}

static struct reason entry_reason(struct question *q, const struct address_table *table,
				  const char *type_name)
{
	struct reason reason = {{STR_NONE, 0}, STR_NONE};
	const struct schema_object *type = type_named(q, type_name);
	const struct schema_field *field =
		type ? schema_field_find(type->structure, STR("reason")) : NULL;
	const struct schema_enum_member *member = NULL;
	struct address_entry entry;

	if (!address_table_at(table, q->decision.index, &entry))
		return reason;
	reason.place = view_entry_place(&q->view, &entry);
	if (entry.has_reason && field && field->type->kind == TYPE_ENUM)
		member = schema_enum_member_numbered(field->type->members, entry.reason);
	reason.word = member ? str_c(member->name) : entry.note;
	return reason;
}

/* The member of the set that decided, where sources know its own line. */
static const struct value *trusted_member(const struct question *q)
{
	const struct value *set = q->trusted->value;
	size_t i;

	for (i = 0; i < set->sequence.count; i++) {
		if (net_network_eq(&set->sequence.items[i]->network, &q->decision.network))
			return set->sequence.items[i];
	}
	return set;
}

static struct reason find_reason(struct question *q)
{
	struct reason none = {{STR_NONE, 0}, STR_NONE};

	switch (q->decision.rule) {
	case DECIDE_ALLOWED_IP: return entry_reason(q, &q->decider.allowed, "AllowedIp");
	case DECIDE_BLOCKED_IP: return entry_reason(q, &q->decider.blocked, "BlockedIp");
	case DECIDE_TRUSTED_PROXY:
		none.place = view_place_of(&q->view, q->settings, q->trusted, trusted_member(q));
		return none;
	case DECIDE_NO_RULE:
	case DECIDE_TEMPORARY_ALLOW:
	case DECIDE_LOOPBACK:
	case DECIDE_BAN: return none;
	}
	return none;
}

/* "BlockedIp 192.0.2.0/24", or why no entry was needed. */
static void put_rule(struct buf *out, const struct decision *decision)
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

static void put_text(struct buf *out, const struct question *q, const char *address,
		     const struct reason *reason)
{
	char until[32];

	buf_printf(out, "%s: %s: ", address, q->decision.accept ? "accepted" : "blocked");
	put_rule(out, &q->decision);
	if (reason->word.n)
		buf_printf(out, " (%.*s)", STR_ARG(reason->word));
	if (q->decision.expires) {
		scalar_format_date_time(q->decision.until, until);
		buf_printf(out, ", until %s", until);
	}
	if (reason->place.file.n)
		buf_printf(out, ", at %.*s:%u", STR_ARG(reason->place.file), reason->place.line);
	buf_putc(out, '\n');
}

static void put_json(struct buf *out, const struct question *q, const struct reason *reason)
{
	char text[NET_TEXT_SIZE];
	bool entry = q->decision.rule != DECIDE_NO_RULE && q->decision.rule != DECIDE_LOOPBACK;

	net_addr_format(&q->peer, text);
	buf_printf(out, "{\"address\":\"%s\",\"accept\":%s,\"rule\":\"%s\"", text,
		   q->decision.accept ? "true" : "false", decide_rule_word(q->decision.rule));
	net_network_format(&q->decision.network, text);
	if (entry)
		buf_printf(out, ",\"network\":\"%s\"", text);
	if (reason->word.n) {
		buf_puts(out, STR(",\"reason\":"));
		buf_put_json(out, reason->word);
	}
	if (q->decision.expires) {
		scalar_format_date_time(q->decision.until, text);
		buf_printf(out, ",\"until\":\"%s\"", text);
	}
	if (reason->place.file.n) {
		buf_puts(out, STR(",\"file\":"));
		buf_put_json(out, reason->place.file);
		buf_printf(out, ",\"line\":%u", reason->place.line);
	}
	buf_puts(out, STR("}\n"));
}

static enum status answer(struct question *q, const struct options *options, const char *address)
{
	enum status status;
	struct reason reason;
	struct buf out = BUF_INIT;

	if (!load_table(q, "AllowedIp", &q->decider.allowed) ||
	    !load_table(q, "BlockedIp", &q->decider.blocked) || !load_proxies(q))
		return cmd_fail(&cmd_ip, "%s", q->view.fault[0] ? q->view.fault : "out of memory");
	decide(&q->decider, &q->peer, q->now, &q->decision);
	status = q->decision.accept ? STATUS_VALID : STATUS_INVALID;
	if (options->quiet)
		return status;
	reason = find_reason(q);
	if (options->output == OUTPUT_JSON)
		put_json(&out, q, &reason);
	else
		put_text(&out, q, address, &reason);
	return cmd_print(&out, status);
}

static enum status run(struct options *options)
{
	struct question q = {.now = options_now(options)};
	enum status status;
	const char *address;

	address = cmd_operand(options);
	if (!address || !options->input_count)
		return cmd_fail(&cmd_ip, "name an address, then an image or sources");
	if (net_addr_parse(str_c(address), &q.peer) != NET_OK)
		return cmd_fail(&cmd_ip, "'%s' is no IP address", address);
	if (cmd_view(&cmd_ip, options, &q.view) == STATUS_VALID)
		status = answer(&q, options, address);
	else
		status = STATUS_FAILED; /* 1 would say that it is blocked */
	free(q.proxies);
	view_close(&q.view);
	return status;
}

const struct command cmd_ip = {
	"ip",
	"ADDRESS IMAGE|SRC…",
	"whether an address is let in (status 0) or blocked (1), and by which rule",
	CMD_SOURCE_OPTIONS,
	NULL,
	run};
