/* stwc ip: what the daemon would do with an address, by which rule, and from which line. */
#include "grammar/scalar.h"
#include "stwc/cmd_view.h"
#include "stwc/view_address.h"

struct question {
	struct view view;
	struct view_decider decider;
	struct net_addr peer;
	struct decision decision;
	int64_t now;
};

static void put_text(struct buf *out, const struct question *q, const char *address,
		     const struct view_reason *reason)
{
	char until[32];

	buf_printf(out, "%s: %s: ", address, q->decision.accept ? "accepted" : "blocked");
	view_decision_rule(out, &q->decision);
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

static void put_json(struct buf *out, const struct question *q, const struct view_reason *reason)
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
	struct view_reason reason;
	struct buf out = BUF_INIT;

	if (!view_decider_init(&q->decider, &q->view))
		return cmd_fail(&cmd_ip, "%s", q->view.fault[0] ? q->view.fault : "out of memory");
	decide(&q->decider.decider, &q->peer, q->now, &q->decision);
	status = q->decision.accept ? STATUS_VALID : STATUS_INVALID;
	if (options->quiet)
		return status;
	reason = view_decision_reason(&q->decider, &q->decision);
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
	view_decider_free(&q.decider);
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
