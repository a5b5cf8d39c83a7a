/* Commands that change what serves: reload, preview, apply, confirm, revert, drain. */
#include "runtime/control_peer.h"

#include "base/num.h"
#include "runtime/plan.h"

#include <stdio.h>
#include <unistd.h>

/* What serves is what was asked for, but for what waits for a restart: that is said each time, as
 * the reload that led there may have been one that nobody saw. */
static void finish_active(struct peer *p)
{
	const struct generation *active = p->daemon->active;

	for (size_t i = 0; i < active->pending.count; i++)
		buf_printf(&p->out, "restart pending: %s\n", active->pending.items[i]);
	if (active->pending.dropped)
		buf_printf(&p->out, "restart pending: and %zu more\n", active->pending.dropped);
	peer_finish(p, active->pending.count ? CONTROL_PENDING : CONTROL_OK);
}

void peer_finish_reload(struct peer *p, const struct reload_result *result)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&result->digest, hex);
	switch (result->outcome) {
	case RELOAD_ACTIVE:
		buf_printf(&p->out, "%s (%.12s) after %.1f ms\n", result->text, hex,
			   (double)result->micros / 1000);
		finish_active(p);
		return;
	case RELOAD_UNCHANGED:
		buf_printf(&p->out, "unchanged: %s\n", result->text);
		finish_active(p);
		return;
	case RELOAD_REFUSED:
		peer_fail(p, CONTROL_REFUSED, "refused: %s\nThe generation before goes on serving.",
			  result->text);
		return;
	case RELOAD_BUSY: peer_fail(p, CONTROL_CANNOT, "%s", result->text); return;
	}
}

/* A request was made; its end may be known already, or is waited for. */
static void answer(struct peer *p, enum reload_outcome outcome, const struct reload_result *result,
		   bool wait)
{
	if (outcome != RELOAD_ACTIVE) {
		peer_finish_reload(p, result);
	} else if (wait) {
		p->wait = WAIT_RELOAD;
	} else {
		buf_puts(&p->out, STR("the image is verified; the roles prepare it\n"));
		peer_finish(p, CONTROL_OK);
	}
}

/* Asks for a reload. With `wait` a reload that runs already is not the answer: it may have read
 * the file before it was replaced, so the request is made again when it is over. */
static void request_reload(struct peer *p, const struct reload_request *request, bool wait)
{
	struct reload_result result;
	enum reload_outcome outcome = reload_file(p->daemon, request, &result);

	if (outcome == RELOAD_BUSY && wait && p->daemon->reload.phase != RELOAD_IDLE) {
		p->wait = WAIT_TURN;
		p->force = request->force;
		if (request->reason != p->reason)
			(void)snprintf(p->reason, sizeof(p->reason), "%s", request->reason);
		return;
	}
	answer(p, outcome, &result, wait);
}

void peer_take_turn(struct peer *p)
{
	struct reload_request request = {
		.cause = CAUSE_CONTROL, .reason = p->reason, .force = p->force};

	p->wait = WAIT_NOTHING;
	request_reload(p, &request, true);
}

void command_reload(struct peer *p, char **words, size_t count)
{
	struct reload_request request = {.cause = CAUSE_CONTROL, .reason = "stwctl reload"};
	bool wait = false;

	for (size_t i = 1; i < count; i++) {
		if (strcmp(words[i], "--wait") == 0)
			wait = true;
		else if (strcmp(words[i], "--force") == 0)
			request.force = true;
		else if (strcmp(words[i], "--reason") == 0 && i + 1 < count)
			request.reason = words[++i];
		else
			return peer_fail(p, CONTROL_CANNOT, "reload: unexpected '%s'", words[i]);
	}
	request_reload(p, &request, wait);
}

/* The image that came along as a copy of ours. False: the peer is finished. */
static bool take_copy(struct peer *p, struct image_copy *out)
{
	struct stw_fault fault;

	if (p->file < 0) {
		peer_fail(p, CONTROL_CANNOT, "the request came without its image");
		return false;
	}
	if (store_take(&p->daemon->store, p->file, out, &fault))
		return true;
	peer_fail(p, CONTROL_REFUSED, "refused: %s", fault.text);
	return false;
}

void command_preview(struct peer *p, char **words, size_t count)
{
	struct daemon *d = p->daemon;
	struct generation *next;
	struct image_copy copy;
	struct digest digest;
	char why[700];
	bool skip = d->skip_sockets;

	(void)words;
	if (count != 1)
		return peer_fail(p, CONTROL_CANNOT, "preview takes one image");
	if (!d->active)
		return peer_fail(p, CONTROL_CANNOT, "nothing serves yet");
	if (!take_copy(p, &copy))
		return;
	digest = copy.digest;
	d->skip_sockets = true;
	next = generation_new(d, &copy, why, sizeof(why));
	d->skip_sockets = skip;
	if (next) {
		plan_print(d, next, &p->out);
		generation_free(d, next);
		peer_finish(p, CONTROL_OK);
	} else {
		peer_fail(p, CONTROL_REFUSED, "would be refused: %s", why);
	}
	generation_discard_copy(d, &digest);
}

static bool parse_confirm(struct peer *p, char **words, size_t count, uint64_t *out)
{
	*out = 0;
	if (count == 1)
		return true;
	if (count == 3 && strcmp(words[1], "--confirm") == 0 &&
	    num_u64(str_c(words[2]), out) == NUM_OK && *out >= 1 && *out <= CONFIRM_MAX_SECONDS)
		return true;
	peer_fail(p, CONTROL_CANNOT, "--confirm wants seconds, from 1 to %d", CONFIRM_MAX_SECONDS);
	return false;
}

/* Why an apply cannot even begin; NULL: it can. */
static const char *cannot_apply(const struct daemon *d, const struct image_copy *copy)
{
	if (!d->active)
		return "nothing serves yet";
	if (store_refusal(&d->store, &copy->digest))
		return "this image was refused or reverted before; put it in place and use stwctl "
		       "reload --force to try it again";
	return NULL;
}

/* Puts a copy in place of the operator's file, with the promise to take it back after so many
 * seconds (0: none). False: the peer is finished, and nothing is changed. */
static bool put_in_place(struct peer *p, const struct image_copy *copy, uint64_t seconds)
{
	struct daemon *d = p->daemon;
	const char *cannot = cannot_apply(d, copy);
	struct digest there;
	char why[700];

	if (cannot) {
		peer_fail(p, CONTROL_REFUSED, "refused: %s", cannot);
		return false;
	}
	/* what is written is what was verified, not what came */
	if ((!seconds || confirm_promise(d, &copy->digest, seconds, why, sizeof(why))) &&
	    operator_file_write(d, copy->fd, why, sizeof(why))) {
		d->seen = copy->digest;
		return true;
	}
	/* in place it is all the same when only its directory could not be synced: without this,
	 * the watch would take what the operator is told was not done */
	if (operator_file_claims(d, &there) && digest_eq(&there, &copy->digest))
		confirm_apply_refused(d);
	else
		confirm_clear(d);
	peer_fail(p, CONTROL_CANNOT, "%s", why);
	return false;
}

void command_apply(struct peer *p, char **words, size_t count)
{
	struct reload_request request = {.cause = CAUSE_APPLY, .reason = "stwctl apply"};
	struct daemon *d = p->daemon;
	struct reload_result result;
	enum reload_outcome outcome;
	struct image_copy copy;
	const char *cannot;
	uint64_t seconds;

	if (!parse_confirm(p, words, count, &seconds))
		return;
	request.confirm = seconds > 0;
	cannot = reload_busy(d, CAUSE_APPLY);
	if (cannot)
		return peer_fail(p, CONTROL_CANNOT, "%s", cannot);
	if (!take_copy(p, &copy))
		return;
	if (!put_in_place(p, &copy, seconds)) {
		generation_discard_copy(d, &copy.digest);
		image_copy_close(&copy);
		return;
	}
	outcome = reload_copy(d, &request, &copy, &result);
	answer(p, outcome, &result, true);
}

void command_confirm(struct peer *p, char **words, size_t count)
{
	struct daemon *d = p->daemon;

	(void)words;
	if (count != 1)
		return peer_fail(p, CONTROL_CANNOT, "confirm takes no arguments");
	if (!d->confirm.pending)
		return peer_fail(p, CONTROL_REFUSED, "nothing waits for a confirmation");
	if (d->reload.phase != RELOAD_IDLE)
		return peer_fail(p, CONTROL_REFUSED,
				 "too late: the generation before is coming back");
	confirm_clear(d);
	/* the attempt to take it back may have failed before */
	if (generation_is(d->active, &d->seen))
		daemon_degrade(d, NULL);
	reload_run_again(d);
	buf_puts(&p->out, STR("confirmed\n"));
	peer_finish(p, CONTROL_OK);
}

void command_revert(struct peer *p, char **words, size_t count)
{
	struct reload_request request = {.cause = CAUSE_REVERT, .reason = "stwctl revert"};
	struct daemon *d = p->daemon;
	struct reload_result result;
	const struct good_mark *to;
	enum reload_outcome outcome;
	struct digest digest;

	if (count > 2)
		return peer_fail(p, CONTROL_CANNOT, "revert takes at most one digest");
	if (!d->active)
		return peer_fail(p, CONTROL_CANNOT, "nothing serves yet");
	if (count == 2)
		to = store_named(&d->store, str_c(words[1]));
	else
		to = store_previous(&d->store, &d->active->copy.digest);
	if (!to)
		return peer_fail(p, CONTROL_REFUSED,
				 count == 2
					 ? "no generation that served has this digest, or several"
					   " begin with it; see stwctl status"
					 : "there is no generation to go back to");
	if (digest_eq(&to->digest, &d->active->copy.digest)) {
		buf_puts(&p->out, STR("unchanged: this generation is active\n"));
		return finish_active(p);
	}
	digest = to->digest; /* the mark may move */
	outcome = reload_revert(d, &request, &digest, &result);
	answer(p, outcome, &result, true);
}

void command_drain(struct peer *p, char **words, size_t count)
{
	struct daemon *d = p->daemon;
	bool wait = count == 2 && strcmp(words[1], "--wait") == 0;

	if (count > 1 && !wait)
		return peer_fail(p, CONTROL_CANNOT, "drain: unexpected '%s'", words[1]);
	if (!d->active)
		return peer_fail(p, CONTROL_CANNOT, "nothing serves yet");
	if (!d->draining) {
		const char *busy = reload_busy(d, CAUSE_CONTROL);

		if (busy)
			return peer_fail(p, CONTROL_CANNOT, "%s", busy);
		daemon_drain(d);
	}
	if (wait) {
		p->wait = WAIT_DRAINED;
		control_drained(d);
		return;
	}
	buf_puts(&p->out,
		 STR("no new connections are accepted; sessions end when they are done\n"));
	peer_finish(p, CONTROL_OK);
}
