/*
 * A reload, step by step (DESIGN.md, "Reload"): look at the file, verify a copy of it, prepare
 * it here and in every role, commit, retire. One at a time. Until the commit nothing that
 * serves has changed, so every failure before it has the same end: give back what was prepared.
 */
#include "runtime/reload.h"

#include <errno.h>
#include <stdio.h>

#define PREPARE_DEADLINE_MS 10000
#define COMMIT_DEADLINE_MS 5000
/* A generation is on trial for this long after its commit, and fails with so many deaths. */
#define TRIAL_MS 10000
#define TRIAL_DEATHS 3

const char *reload_cause_word(enum reload_cause cause)
{
	switch (cause) {
	case CAUSE_START: return "start";
	case CAUSE_FILE: return "file";
	case CAUSE_SIGNAL: return "signal";
	case CAUSE_CONTROL: return "control";
	case CAUSE_APPLY: return "apply";
	case CAUSE_REVERT: return "revert";
	case CAUSE_UNCONFIRMED: return "unconfirmed";
	case CAUSE_CRASHES: return "crashes";
	}
	return "unknown";
}

const char *reload_outcome_word(enum reload_outcome outcome)
{
	switch (outcome) {
	case RELOAD_ACTIVE: return "active";
	case RELOAD_UNCHANGED: return "unchanged";
	case RELOAD_REFUSED: return "refused";
	case RELOAD_BUSY: return "busy";
	}
	return "unknown";
}

/* ---- the end of a reload ---- */

static void count_outcome(struct daemon *d, const struct reload_result *result)
{
	struct shared_state *state = &d->shared->state;

	switch (result->outcome) {
	case RELOAD_ACTIVE:
		atomic_fetch_add(&state->reloads_ok, 1);
		atomic_store(&state->reload_micros, result->micros);
		break;
	case RELOAD_UNCHANGED: atomic_fetch_add(&state->reloads_unchanged, 1); break;
	case RELOAD_REFUSED: atomic_fetch_add(&state->reloads_refused, 1); break;
	case RELOAD_BUSY: break;
	}
}

static void log_result(struct daemon *d, const struct reload_result *result)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&result->digest, hex);
	LOG_EVENT(d->log, result->outcome == RELOAD_REFUSED ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		  "stw.reload", LOG_T("result", str_c(reload_outcome_word(result->outcome))),
		  LOG_T("causedBy", str_c(reload_cause_word(result->cause))),
		  LOG_T("reason", str_c(result->reason)), LOG_T("digest", str_c(hex)),
		  LOG_N("elapsedMicros", result->micros), LOG_T("details", str_c(result->text)));
}

static void make_result(const struct daemon *d, enum reload_outcome outcome, const char *text,
			struct reload_result *out)
{
	const struct reload *reload = &d->reload;

	*out = (struct reload_result){.outcome = outcome,
				      .cause = reload->cause,
				      .digest = reload->digest,
				      .time = now_seconds(),
				      .micros = now_micros() - reload->started_us};
	(void)snprintf(out->reason, sizeof(out->reason), "%s", reload->reason);
	(void)snprintf(out->text, sizeof(out->text), "%s", text);
	one_line(out->text);
}

static void look_again(void *ctx)
{
	struct daemon *d = ctx;
	struct reload_request request = {.cause = CAUSE_SIGNAL, .reason = "SIGHUP"};
	struct reload_result result;
	bool signalled = d->reload.again_signal;

	d->reload.again = d->reload.again_signal = false;
	if (signalled)
		(void)reload_file(d, &request, &result);
	else
		reload_look(d, WATCH_RENAMED);
}

void reload_run_again(struct daemon *d)
{
	if ((d->reload.again || d->reload.again_signal) && !io_post(d->loop, look_again, d))
		LOG_EVENT(d->log, LOG_LEVEL_ERROR, "stw.reload",
			  LOG_T("details", STR("out of memory: a request is lost")));
}

/* Notes, logs and counts a result; the machine is idle again. */
static void end_reload(struct daemon *d, enum reload_outcome outcome, const char *text,
		       struct reload_result *out)
{
	struct reload_result result;

	io_timer_stop(d->reload.deadline);
	make_result(d, outcome, text, &result);
	d->reload.phase = RELOAD_IDLE;
	d->last = result;
	count_outcome(d, &result);
	log_result(d, &result);
	daemon_ready(d);
	reload_run_again(d);
	*out = result;
}

/* What was wanted is not what serves: status says so until that is mended. */
static void degrade_refused(struct daemon *d, const char *why)
{
	const char *what = NULL;
	char text[sizeof(d->degraded)];

	switch (d->reload.cause) {
	case CAUSE_FILE:
	case CAUSE_SIGNAL:
	case CAUSE_CONTROL: what = "the image on disk was refused"; break;
	case CAUSE_APPLY:
		/* the file is what serves again, whatever it was before */
		if (generation_is(d->active, &d->seen)) {
			daemon_degrade(d, NULL);
			return;
		}
		what = "the image on disk was refused";
		break;
	case CAUSE_UNCONFIRMED:
	case CAUSE_CRASHES: what = "cannot go back to the generation before"; break;
	case CAUSE_START:
	case CAUSE_REVERT: return;
	}
	(void)snprintf(text, sizeof(text), "%s: %.540s", what, why);
	daemon_degrade(d, text);
}

/* The end of a reload that was refused before or while the roles prepared. */
static enum reload_outcome refuse(struct daemon *d, const char *why, struct reload_result *out)
{
	/* a digest that serves, or served, is good, whatever failed now */
	if (!d->options.check && !d->reload.reverts && !generation_is(d->active, &d->reload.digest))
		store_refuse(&d->store, &d->reload.digest, false, now_seconds(), why);
	generation_discard_copy(d, &d->reload.digest);
	if (d->reload.cause == CAUSE_APPLY)
		confirm_apply_refused(d);
	return reload_refuse_unread(d, why, out);
}

enum reload_outcome reload_refuse_unread(struct daemon *d, const char *why,
					 struct reload_result *out)
{
	degrade_refused(d, why);
	end_reload(d, RELOAD_REFUSED, why, out);
	return RELOAD_REFUSED;
}

enum reload_outcome reload_refuse_unfetched(struct daemon *d, const struct stw_fault *fault,
					    struct reload_result *out)
{
	char why[600], hex[DIGEST_HEX_SIZE];

	digest_hex(&d->reload.digest, hex);
	(void)snprintf(why, sizeof(why), "generation %.12s: %s", hex, fault->text);
	return reload_refuse_unread(d, why, out);
}

/* ---- prepare ---- */

static bool role_is_settled(const struct role_process *r)
{
	return r->pid <= 0 || r->phase == ROLE_SERVING || r->phase == ROLE_DOWN;
}

static bool roles_settled(const struct daemon *d)
{
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (!role_is_settled(&d->roles[role]))
			return false;
	return true;
}

/* Takes a role back to what serves: it forgets the new generation, or gets the old one anew. */
static void role_back(struct daemon *d, struct role_process *r, uint64_t generation)
{
	if (r->pid <= 0)
		return;
	if (!ipc_send(r->fd, IPC_ABORT, generation, NULL, 0, NULL, 0)) {
		role_kill(r);
		return;
	}
	r->phase = r->serves ? ROLE_SERVING : ROLE_DOWN;
	if (!r->serves && d->active)
		role_prepare_or_kill(r, d->active);
}

static void abort_prepare(struct daemon *d, const char *why)
{
	struct generation *next = d->reload.next;
	struct reload_result result;
	bool start = d->reload.cause == CAUSE_START;

	d->reload.next = NULL;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		role_back(d, &d->roles[role], next->number);
	generation_free(d, next);
	(void)refuse(d, why, &result);
	if (start)
		start_up_next(d, why);
	else
		control_reload_done(d, &result);
}

static void begin_prepare(struct daemon *d, struct generation *next)
{
	next->number = ++d->last_number;
	d->reload.next = next;
	d->reload.phase = RELOAD_PREPARE;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		struct role_process *r = &d->roles[role];
		char why[200];

		if (r->pid <= 0 && !role_start(r)) {
			(void)snprintf(why, sizeof(why), "cannot start the role %s: %s",
				       role_word(role), strerror(errno));
			abort_prepare(d, why);
			return;
		}
		if (!role_prepare(r, next)) {
			(void)snprintf(why, sizeof(why), "cannot hand the role %s its secrets: %s",
				       role_word(role), strerror(errno));
			abort_prepare(d, why);
			return;
		}
	}
	(void)!io_timer_start(d->reload.deadline, PREPARE_DEADLINE_MS);
}

/* ---- commit ---- */

static void publish(struct daemon *d)
{
	struct shared_state *state = &d->shared->state;
	const struct stw_manifest *m = d->active->manifest;

	atomic_store(&state->generation, d->active->number);
	atomic_store(&state->generation_time, (uint64_t)now_seconds());
	atomic_store(&state->image_bytes, m->file_size);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		atomic_store(&state->image_digest[i], m->content.b[i]);
	atomic_store(&state->ready, 1);
}

/* Whether what serves is what the operator's file holds; see also end of commit. */
static void judge_health(struct daemon *d)
{
	char hex[DIGEST_HEX_SIZE], text[sizeof(d->degraded)];

	digest_hex(&d->active->copy.digest, hex);
	if (d->start_up.running && d->start_up.tried > 1)
		(void)snprintf(text, sizeof(text), "%.450s; serving the generation %.12s instead",
			       d->start_up.first_failure, hex);
	else if (d->reload.reverts && !generation_is(d->active, &d->seen))
		(void)snprintf(
			text, sizeof(text),
			"reverted to the generation %.12s; the image on disk is not served (%s)",
			hex, d->reload.reason);
	else
		text[0] = '\0';
	daemon_degrade(d, text[0] ? text : NULL);
}

static void finish_commit(struct daemon *d)
{
	struct reload *reload = &d->reload;
	struct reload_result result;
	char text[300];
	bool start;

	/* The old sockets go only now: until its COMMITTED a role may still accept from them. */
	generation_free(d, reload->retiring);
	reload->retiring = NULL;
	publish(d);
	if (reload->reverts)
		confirm_reverted(d);
	judge_health(d);
	store_forgive(&d->store, &d->active->copy.digest);
	if (reload->reverts && !generation_is(d->active, &reload->revert_from))
		store_refuse(&d->store, &reload->revert_from, true, now_seconds(), reload->reason);
	store_commit(&d->store, &d->active->copy, now_seconds());
	(void)snprintf(text, sizeof(text), "generation %llu is active",
		       (unsigned long long)d->active->number);
	start = d->start_up.running;
	d->start_up.running = false;
	d->sockets.patience_ms = 0;
	end_reload(d, RELOAD_ACTIVE, text, &result);
	if (start)
		confirm_resume(d);
	else if (reload->confirm)
		confirm_arm(d);
	control_reload_done(d, &result);
}

static void commit(struct daemon *d)
{
	struct reload *reload = &d->reload;

	reload->retiring = d->active;
	d->active = reload->next;
	reload->next = NULL;
	reload->phase = RELOAD_COMMIT;
	log_commit(d->log, d->active->sinks);
	d->active->sinks = NULL;
	d->commit_ms = io_clock_ms();
	(void)!io_timer_start(reload->deadline, COMMIT_DEADLINE_MS);
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++) {
		d->roles[role].deaths = 0;
		role_commit(&d->roles[role], d->active->number);
	}
}

/* --check ends where a start would commit. */
static void end_check(struct daemon *d)
{
	struct reload_result result;

	generation_free(d, d->reload.next);
	d->reload.next = NULL;
	end_reload(d, RELOAD_ACTIVE, "a start would serve this image", &result);
	daemon_stop(d, STWD_OK);
}

void reload_ready(struct daemon *d, struct role_process *r)
{
	if (d->reload.phase != RELOAD_PREPARE || r->answering != d->reload.next->number)
		return;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].phase != ROLE_READY)
			return;
	if (d->options.check)
		end_check(d);
	else
		commit(d);
}

void reload_failed(struct daemon *d, const struct role_process *r, const char *why)
{
	if (d->reload.phase == RELOAD_PREPARE && r->answering == d->reload.next->number)
		abort_prepare(d, why);
}

void reload_committed(struct daemon *d, struct role_process *r)
{
	(void)r;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].phase != ROLE_SERVING)
			return;
	if (d->reload.phase == RELOAD_COMMIT) {
		finish_commit(d);
	} else if (d->active && d->reload.phase == RELOAD_IDLE) {
		atomic_store(&d->shared->state.ready, d->draining ? 0 : 1);
		reload_run_again(d);
	}
}

/* ---- when a role dies ---- */

static bool trial_failed(const struct daemon *d, const struct role_process *r)
{
	return d->active && io_clock_ms() - d->commit_ms < TRIAL_MS && r->deaths >= TRIAL_DEATHS;
}

static void revert_for_crashes(struct daemon *d, const struct role_process *r)
{
	const struct good_mark *before = store_previous(&d->store, &d->active->copy.digest);
	struct reload_request request = {.cause = CAUSE_CRASHES};
	struct reload_result result;
	char reason[200];

	if (!before || d->reload.phase == RELOAD_PREPARE)
		return;
	(void)snprintf(reason, sizeof(reason),
		       "the role %s died %u times within %d s of the commit", role_word(r->role),
		       r->deaths, TRIAL_MS / 1000);
	request.reason = reason;
	/* a commit that never came to its end: the sockets of the one before go first */
	if (d->reload.phase == RELOAD_COMMIT)
		finish_commit(d);
	(void)reload_revert(d, &request, &before->digest, &result);
}

void reload_lost(struct daemon *d, struct role_process *r)
{
	char why[100];

	if (d->reload.phase == RELOAD_PREPARE) {
		(void)snprintf(why, sizeof(why), "the role %s died while it prepared the image",
			       role_word(r->role));
		abort_prepare(d, why);
		return;
	}
	if (trial_failed(d, r))
		revert_for_crashes(d, r);
}

static void abort_silent(struct daemon *d)
{
	char why[200] = "";

	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].phase == ROLE_PREPARING)
			(void)snprintf(why, sizeof(why),
				       "the role %s did not prepare the image within %d s",
				       role_word(role), PREPARE_DEADLINE_MS / 1000);
	abort_prepare(d, why);
}

void reload_deadline(void *ctx)
{
	struct daemon *d = ctx;

	if (d->stopping)
		return;
	if (d->reload.phase == RELOAD_PREPARE) {
		abort_silent(d);
		return;
	}
	if (d->reload.phase != RELOAD_COMMIT)
		return;
	/* decided is decided: whoever does not come along is started anew on this generation */
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (d->roles[role].phase == ROLE_COMMITTING)
			role_kill(&d->roles[role]);
	finish_commit(d);
}

/* ---- the beginning of a reload ---- */

enum reload_outcome reload_too_busy(struct daemon *d, const struct reload_request *request,
				    const char *why, struct reload_result *out)
{
	*out = (struct reload_result){.outcome = RELOAD_BUSY, .cause = request->cause};
	(void)snprintf(out->text, sizeof(out->text), "%s", why);
	d->reload.again = d->reload.again || request->cause == CAUSE_FILE;
	d->reload.again_signal = d->reload.again_signal || request->cause == CAUSE_SIGNAL;
	/* nobody waits for the answer to a signal: the log is where it is looked for */
	if (request->cause == CAUSE_SIGNAL)
		LOG_EVENT(d->log, LOG_LEVEL_INFO, "stw.reload", LOG_T("result", STR("busy")),
			  LOG_T("causedBy", STR("signal")), LOG_T("details", str_c(why)));
	return RELOAD_BUSY;
}

/* Why a request cannot be taken now; NULL: it can. */
const char *reload_busy(const struct daemon *d, enum reload_cause cause)
{
	if (d->stopping)
		return "stwd is stopping";
	if (d->draining)
		return "stwd is draining; restart it to serve again";
	if (d->reload.phase != RELOAD_IDLE || d->start_up.running != (cause == CAUSE_START))
		return "a reload is in progress";
	if (d->confirm.pending && cause != CAUSE_REVERT && cause != CAUSE_UNCONFIRMED &&
	    cause != CAUSE_CRASHES)
		return "an apply waits for stwctl confirm (or revert)";
	if (!roles_settled(d))
		return "a role is being restarted; try again";
	return NULL;
}

void reload_begin(struct daemon *d, const struct reload_request *request)
{
	struct reload *reload = &d->reload;

	reload->cause = request->cause;
	reload->reverts = false;
	reload->digest = (struct digest){{0}};
	reload->confirm = request->confirm;
	reload->started_us = now_micros();
	(void)snprintf(reload->reason, sizeof(reload->reason), "%s",
		       request->reason ? request->reason : "");
	one_line(reload->reason);
	if (request->cause != CAUSE_START)
		notify_reloading();
}

/* True when a generation would change nothing at all. */
static bool nothing_new(const struct daemon *d, const struct generation *next)
{
	const struct generation *a = d->active;

	return a &&
	       stw_same_image(stw_reader_main(a->copy.image), stw_reader_main(next->copy.image)) &&
	       digest_eq(&a->secrets_digest, &next->secrets_digest) &&
	       strcmp(a->hostname, next->hostname) == 0;
}

static enum reload_outcome unchanged(struct daemon *d, struct reload_result *out)
{
	if (d->reload.cause == CAUSE_APPLY)
		confirm_clear(d);
	generation_discard_copy(d, &d->reload.digest);
	daemon_degrade(d, NULL);
	end_reload(d, RELOAD_UNCHANGED, "the content is that of the active generation", out);
	return RELOAD_UNCHANGED;
}

enum reload_outcome reload_continue(struct daemon *d, struct image_copy *copy, bool force,
				    struct reload_result *out)
{
	struct generation *next;
	char why[600];

	d->reload.digest = d->verified = copy->digest;
	d->verified_valid = true;
	next = generation_new(d, copy, why, sizeof(why));
	if (!next)
		return refuse(d, why, out);
	if (!force && !d->reload.reverts && nothing_new(d, next)) {
		generation_free(d, next);
		return unchanged(d, out);
	}
	make_result(d, RELOAD_ACTIVE, "under way", out);
	begin_prepare(d, next);
	/* it may be over already; at a start the next candidate is under way then */
	if (d->reload.phase == RELOAD_IDLE && d->reload.cause != CAUSE_START)
		*out = d->last;
	return out->outcome;
}

enum reload_outcome reload_copy(struct daemon *d, const struct reload_request *request,
				struct image_copy *copy, struct reload_result *out)
{
	const char *why = reload_busy(d, request->cause);

	if (why) {
		image_copy_close(copy);
		return reload_too_busy(d, request, why, out);
	}
	reload_begin(d, request);
	return reload_continue(d, copy, request->force, out);
}

enum reload_outcome reload_revert(struct daemon *d, const struct reload_request *request,
				  const struct digest *to, struct reload_result *out)
{
	const char *why = reload_busy(d, request->cause);
	struct stw_fault fault;
	struct image_copy copy;

	if (why)
		return reload_too_busy(d, request, why, out);
	reload_begin(d, request);
	d->reload.digest = *to;
	if (!store_fetch(&d->store, to, &copy, &fault))
		return reload_refuse_unfetched(d, &fault, out);
	d->reload.reverts = true;
	d->reload.revert_from = d->active ? d->active->copy.digest : *to;
	return reload_continue(d, &copy, true, out);
}
