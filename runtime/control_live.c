/* Commands about addresses and sessions: ip, allow, bans, connections, log. */
#include "runtime/control_peer.h"

#include "base/num.h"
#include "libstw/shape.h"

#include <inttypes.h>
#include <stdio.h>

/* Ten years: whoever means longer means for ever, and should say so in the configuration. */
#define DURATION_MAX_SECONDS ((uint64_t)10 * 366 * 86400)

static bool parse_network(struct peer *p, const char *text, struct net_network *out)
{
	enum net_status status = net_network_parse(str_c(text), out);

	if (status == NET_OK) {
		/* peers are compared as IPv4 wherever they are */
		if (out->prefix == 128 && net_addr_unmap(&out->addr).family == 4) {
			out->addr = net_addr_unmap(&out->addr);
			out->prefix = 32;
		}
		out->addr = net_network_base(out);
		return true;
	}
	peer_fail(p, CONTROL_CANNOT, "'%s' %s", text, net_status_text(status));
	return false;
}

static uint64_t unit_seconds(struct str unit)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (str_eq_c(unit, units[i].name))
			return units[i].seconds;
	return 0;
}

/* "90s", "30m", "12h", "7d", "2w"; a number alone is seconds. */
static bool parse_duration(struct peer *p, const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t n, unit = text[digits] ? unit_seconds(str_c(text + digits)) : 1;

	if (num_u64((struct str){text, digits}, &n) == NUM_OK && unit && n &&
	    !mul_overflows(n, unit, &n) && n <= DURATION_MAX_SECONDS) {
		*out = n;
		return true;
	}
	peer_fail(p, CONTROL_CANNOT,
		  "'%s' is no duration such as 90s, 30m, 12h, 7d (at most 10 years)", text);
	return false;
}

/* ---- ip ---- */

static const struct address_table *table_of(const struct decider *decider, enum decide_rule rule)
{
	if (rule == DECIDE_ALLOWED_IP)
		return &decider->allowed;
	return rule == DECIDE_BLOCKED_IP ? &decider->blocked : NULL;
}

/* The entry that decides, of a list of the image. False: no such list decides. */
static bool find_entry(const struct decider *decider, const struct decision *d,
		       struct address_entry *out)
{
	const struct address_table *table = table_of(decider, d->rule);

	return table && address_table_at(table, d->index, out);
}

/* Why there is that entry: a word of BlockedIp, or the text of AllowedIp, on one line. */
static void print_reason(struct peer *p, const struct address_entry *entry)
{
	struct stw_reader *reader = stw_reader_main(p->daemon->active->copy.image);
	struct str reason = entry->note;

	if (entry->has_reason &&
	    !stw_enum_member(reader, STR("BlockReason"), entry->reason, &reason))
		return;
	if (!reason.n)
		return;
	buf_puts(&p->out, STR(" ("));
	for (size_t i = 0; i < reason.n; i++)
		buf_putc(&p->out, (unsigned char)reason.p[i] < ' ' || reason.p[i] == 0x7f
					  ? ' '
					  : reason.p[i]);
	buf_putc(&p->out, ')');
}

/* `entry` is NULL where no list of the image decides. */
static void print_decision(struct peer *p, const struct net_addr *peer, const struct decision *d,
			   const struct address_entry *entry)
{
	char address[NET_TEXT_SIZE], network[NET_TEXT_SIZE], until[32];

	net_addr_format(peer, address);
	net_network_format(&d->network, network);
	buf_printf(&p->out, "%s %s", address, d->accept ? "accepted" : "blocked");
	if (d->rule == DECIDE_NO_RULE)
		buf_puts(&p->out, STR(": no rule covers it"));
	else
		buf_printf(&p->out, ": %s %s", decide_rule_word(d->rule), network);
	if (entry)
		print_reason(p, entry);
	if (d->expires) {
		format_time(d->until, until);
		buf_printf(&p->out, " until %s", until);
	}
	buf_putc(&p->out, '\n');
}

/* Which line of which source the rule comes from. */
static void print_origin(struct peer *p, const struct address_entry *entry)
{
	const struct stw_manifest *m = p->daemon->active->manifest;

	if (entry->source < m->source_count)
		buf_printf(&p->out, "  %.*s:%" PRIu32 "\n", STR_ARG(m->sources[entry->source].name),
			   entry->line);
}

/* The decision about an address as it is now. Something serves. */
static void decide_now(struct peer *p, const struct net_addr *peer, struct decider *decider,
		       struct decision *out)
{
	struct daemon *d = p->daemon;

	settings_decider(&d->active->settings, d->active->copy.image, state_table(d->state),
			 decider);
	decide(decider, peer, now_seconds(), out);
}

void command_ip(struct peer *p, char **words, size_t count)
{
	struct decision decision;
	struct decider decider;
	struct address_entry entry;
	struct net_addr peer;
	enum net_status status;
	bool listed;

	if (count != 2)
		return peer_fail(p, CONTROL_CANNOT, "ip takes one address");
	status = net_addr_parse(str_c(words[1]), &peer);
	if (status != NET_OK)
		return peer_fail(p, CONTROL_CANNOT, "'%s' %s", words[1], net_status_text(status));
	if (!p->daemon->active)
		return peer_fail(p, CONTROL_CANNOT, "nothing serves yet");
	decide_now(p, &peer, &decider, &decision);
	listed = find_entry(&decider, &decision, &entry);
	print_decision(p, &peer, &decision, listed ? &entry : NULL);
	if (listed)
		print_origin(p, &entry);
	peer_finish(p, CONTROL_OK);
}

/* ---- allow, bans ---- */

/* Adds an entry for so many seconds (0: for ever), here, in the roles and on disk. */
static void add_entry(struct peer *p, enum live_kind kind, const struct net_network *network,
		      uint64_t seconds)
{
	struct daemon *d = p->daemon;
	struct live_entry entry;
	char text[NET_TEXT_SIZE], until[32];

	memset(&entry, 0, sizeof(entry));
	entry.kind = (uint8_t)kind;
	entry.network = *network;
	entry.until = seconds ? now_seconds() + (int64_t)seconds : 0;
	if (!live_put(d, &entry))
		return peer_fail(p, CONTROL_REFUSED, "the table of live entries is full");
	net_network_format(network, text);
	buf_printf(&p->out, "%s %s", text, kind == LIVE_ALLOW ? "allowed" : "banned");
	if (seconds) {
		format_time(entry.until, until);
		buf_printf(&p->out, " until %s", until);
	}
	buf_putc(&p->out, '\n');
	if (!state_flush(d->state))
		buf_printf(&p->err, "warning: %s\n", state_trouble(d->state));
	peer_finish(p, CONTROL_OK);
}

void command_allow(struct peer *p, char **words, size_t count)
{
	struct net_network network;
	uint64_t seconds;

	if (count != 3)
		return peer_fail(p, CONTROL_CANNOT, "allow takes an address and a duration");
	if (parse_network(p, words[1], &network) && parse_duration(p, words[2], &seconds))
		add_entry(p, LIVE_ALLOW, &network, seconds);
}

static bool print_entry(void *ctx, const struct live_entry *entry)
{
	struct peer *p = ctx;
	char text[NET_TEXT_SIZE], until[32] = "for ever";

	net_network_format(&entry->network, text);
	if (entry->until)
		format_time(entry->until, until);
	buf_printf(&p->out, "%-5s %-43s %s\n", entry->kind == LIVE_BAN ? "ban" : "allow", text,
		   until);
	return true;
}

/* What is blocked nevertheless is blocked by something else, and who asked wants to know by what.
 */
static void fail_removal(struct peer *p, const char *text, const struct net_network *network)
{
	char rule[NET_TEXT_SIZE];
	struct decision decision = {.accept = true};
	struct decider decider;

	if (p->daemon->active)
		decide_now(p, &network->addr, &decider, &decision);
	if (decision.accept)
		return peer_fail(p, CONTROL_REFUSED, "%s is neither banned nor allowed for a time",
				 text);
	net_network_format(&decision.network, rule);
	peer_fail(p, CONTROL_REFUSED, "%s has no entry of its own; %s %s blocks it", text,
		  decide_rule_word(decision.rule), rule);
}

static void remove_entry(struct peer *p, const char *text)
{
	struct daemon *d = p->daemon;
	struct net_network network;
	bool found;

	if (!parse_network(p, text, &network))
		return;
	found = live_remove(d, LIVE_BAN, &network);
	found = live_remove(d, LIVE_ALLOW, &network) || found;
	if (!found)
		return fail_removal(p, text, &network);
	buf_printf(&p->out, "%s removed\n", text);
	if (!state_flush(d->state))
		buf_printf(&p->err, "warning: %s\n", state_trouble(d->state));
	peer_finish(p, CONTROL_OK);
}

void command_bans(struct peer *p, char **words, size_t count)
{
	struct net_network network;
	uint64_t seconds = 0;

	if (count == 1 || (count == 2 && strcmp(words[1], "list") == 0)) {
		live_expire(p->daemon);
		live_table_each(state_table(p->daemon->state), print_entry, p);
		return peer_finish(p, CONTROL_OK);
	}
	if (count == 3 && strcmp(words[1], "remove") == 0)
		return remove_entry(p, words[2]);
	if ((count != 3 && count != 4) || strcmp(words[1], "add") != 0)
		return peer_fail(p, CONTROL_CANNOT,
				 "bans [list] | bans add ADDR [DURATION] | bans remove ADDR");
	if (parse_network(p, words[2], &network) &&
	    (count == 3 || parse_duration(p, words[3], &seconds)))
		add_entry(p, LIVE_BAN, &network, seconds);
}

/* ---- sessions, log ---- */

void command_connections(struct peer *p, char **words, size_t count)
{
	struct daemon *d = p->daemon;

	(void)words;
	if (count != 1)
		return peer_fail(p, CONTROL_CANNOT, "connections takes no arguments");
	p->request = control_next_request(d);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		p->due |= d->roles[role].pid > 0 ? 1u << role : 0;
	if (!p->due)
		return peer_finish(p, CONTROL_OK);
	p->wait = WAIT_SESSIONS;
	roles_tell(d, IPC_CONNECTIONS, &p->request, sizeof(p->request));
}

void command_log(struct peer *p, char **words, size_t count)
{
	static const char *const levels[] = {"error", "warn", "info", "debug", "trace"};
	struct daemon *d = p->daemon;
	uint32_t level = UINT32_MAX;

	if (count != 2)
		return peer_fail(p, CONTROL_CANNOT, "log takes one level");
	for (uint32_t i = 0; i < ARRAY_LEN(levels); i++)
		if (strcmp(words[1], levels[i]) == 0)
			level = i;
	if (level == UINT32_MAX && strcmp(words[1], "default") != 0)
		return peer_fail(p, CONTROL_CANNOT,
				 "'%s' is no level: error, warn, info, debug, trace, or default",
				 words[1]);
	d->log_level = level == UINT32_MAX ? -1 : (int)level;
	log_override(d->log, level != UINT32_MAX,
		     level == UINT32_MAX ? LOG_LEVEL_INFO : (enum log_level)level);
	roles_tell(d, IPC_LOG_LEVEL, &level, sizeof(level));
	buf_printf(&p->out, "log level: %s\n", level == UINT32_MAX ? "as configured" : words[1]);
	peer_finish(p, CONTROL_OK);
}
