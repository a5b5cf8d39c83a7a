/* stwc diff: what differs between two configurations, by meaning. */
#include <stdio.h>

#include "stwc/cmd_view.h"
#include "stwc/view_diff.h"
#include "stwc/view_node.h"
#include "stwc/view_write.h"

enum form { FORM_TEXT, FORM_JSON, FORM_PLAN };

static bool form_of(const char *word, enum form *out)
{
	static const char *const words[] = {"text", "json", "plan"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (!word || strcmp(word, words[i]) == 0) {
			*out = (enum form)i;
			return true;
		}
	}
	return false;
}

/* ---- one change ---- */

struct printer {
	struct diff *diff;
	struct buf *out;
	struct arena arena;
	struct view_nodes nodes;
	size_t kinds[3], reloads[3]; /* how many of each */
	size_t printed;
};

static const char *const kind_words[] = {"added", "removed", "changed"};
static const char *const kind_marks[] = {"+", "-", "~"};

static void put_value(struct printer *p, const struct value *value)
{
	const struct node *node = value ? view_node(&p->nodes, value) : NULL;

	if (!value)
		buf_puts(p->out, STR("nothing"));
	else if (!node)
		p->out->failed = true;
	else
		view_toml_inline(p->out, node);
}

/* Members of a set that come and go, where most of it stays. */
static void put_members(struct printer *p, const struct value *from, const struct value *without,
			const char *mark)
{
	size_t i, k;

	for (i = 0; i < from->sequence.count; i++) {
		for (k = 0; k < without->sequence.count; k++) {
			if (diff_same(p->diff, from->sequence.items[i], without->sequence.items[k]))
				break;
		}
		if (k < without->sequence.count)
			continue;
		buf_puts(p->out, str_c(mark));
		put_value(p, from->sequence.items[i]);
	}
}

static bool is_set(const struct value *value)
{
	return value && value->kind == VALUE_SEQUENCE && value->type &&
	       value->type->kind == TYPE_SET;
}

static void put_change(struct printer *p, const struct diff_change *change)
{
	struct buf *out = p->out;

	buf_printf(out, "%s %s", kind_marks[change->kind], change->type->name);
	if (change->name.n) {
		buf_putc(out, '/');
		diff_put_name(out, change->name);
	}
	if (change->path.n) {
		buf_putc(out, '/');
		diff_put_name(out, change->path);
	}
	if (is_set(change->old) && is_set(change->new)) {
		buf_putc(out, ':');
		put_members(p, change->new, change->old, " +");
		put_members(p, change->old, change->new, " -");
	} else if (change->old || change->new) {
		buf_puts(out, STR(": "));
		put_value(p, change->old);
		buf_puts(out, STR(" -> "));
		put_value(p, change->new);
	}
	buf_printf(out, "  [%s]\n", diff_reload_word(change->reload));
}

static void put_json_value(struct printer *p, const char *name, const struct value *value)
{
	const struct node *node = value ? view_node(&p->nodes, value) : NULL;

	if (!value)
		return;
	buf_printf(p->out, ", \"%s\": ", name);
	if (node)
		view_json_inline(p->out, node);
	else
		p->out->failed = true;
}

static void put_json_change(struct printer *p, const struct diff_change *change)
{
	struct buf *out = p->out;

	buf_printf(out, "%s\n    {\"change\": \"%s\", \"type\": \"%s\"", p->printed ? "," : "",
		   kind_words[change->kind], change->type->name);
	if (change->name.n) {
		buf_puts(out, STR(", \"name\": "));
		buf_put_json(out, change->name);
	}
	if (change->path.n) {
		buf_puts(out, STR(", \"path\": "));
		buf_put_json(out, change->path);
	}
	put_json_value(p, "old", change->old);
	put_json_value(p, "new", change->new);
	buf_printf(out, ", \"reload\": \"%s\"}", diff_reload_word(change->reload));
}

static void put(struct printer *p, const struct diff_change *change, enum form form)
{
	if (form == FORM_JSON)
		put_json_change(p, change);
	else
		put_change(p, change);
	p->printed++;
	p->kinds[change->kind]++;
	p->reloads[change->reload]++;
	arena_reset(&p->arena);
}

/* ---- all of them ---- */

static void put_entries(struct printer *p, enum form form)
{
	size_t i;

	for (i = 0; i < p->diff->entry_count; i++) {
		const struct diff_entry *entry = &p->diff->entries[i];
		char name[NET_TEXT_SIZE];
		struct diff_change change = {
			.kind = entry->kind,
			.type = entry->type,
			.name = {name, net_network_format(&entry->network, name)},
			.reload = (enum reload_class)entry->type->reload};

		put(p, &change, form);
	}
}

static void put_all(struct printer *p, enum form form)
{
	size_t i;

	if (form == FORM_JSON)
		buf_printf(p->out, "{\n  \"same\": %s,\n  \"changes\": [",
			   p->diff->count || p->diff->entry_count ? "false" : "true");
	put_entries(p, form);
	for (i = 0; i < p->diff->count; i++)
		put(p, &p->diff->changes[i], form);
	if (form == FORM_JSON)
		buf_printf(p->out,
			   "%s],\n  \"summary\": {\"added\": %zu, \"removed\": %zu, "
			   "\"changed\": %zu, \"live\": %zu, \"new-sessions\": %zu, "
			   "\"restart\": %zu}\n}\n",
			   p->printed ? "\n  " : "", p->kinds[0], p->kinds[1], p->kinds[2],
			   p->reloads[0], p->reloads[1], p->reloads[2]);
}

static void print_summary(const struct printer *p)
{
	if (!p->printed)
		fprintf(stderr, "no difference\n");
	else
		fprintf(stderr,
			"%zu added, %zu removed, %zu changed: %zu live, %zu for new sessions, "
			"%zu after a restart\n",
			p->kinds[DIFF_ADDED], p->kinds[DIFF_REMOVED], p->kinds[DIFF_CHANGED],
			p->reloads[RELOAD_LIVE], p->reloads[RELOAD_NEW_SESSIONS],
			p->reloads[RELOAD_RESTART]);
}

static enum status print_changes(const struct options *options, struct diff *diff, enum form form)
{
	struct buf out = BUF_INIT;
	struct printer p = {
		.diff = diff,
		.out = &out,
		.nodes = {.arena = &p.arena, .key = &diff->new->hash_key, .shapes = SHAPES_OWN}};
	enum status status = diff->count || diff->entry_count ? STATUS_INVALID : STATUS_VALID;

	arena_init(&p.arena, 16 * 1024);
	put_all(&p, form);
	out.failed = out.failed || p.arena.failed;
	arena_free(&p.arena);
	status = cmd_print(&out, status);
	if (form == FORM_TEXT && !options->quiet && status != STATUS_FAILED)
		print_summary(&p);
	return status;
}

/* --part 1, --part 2, or neither; false: another word. */
static bool part_of(const struct options *options, enum form form, enum diff_part *out)
{
	const char *word = options_word(options, "part");

	*out = DIFF_WHOLE;
	if (!word)
		return true;
	*out = strcmp(word, "1") == 0 ? DIFF_FIRST : DIFF_SECOND;
	return form == FORM_PLAN && (*out == DIFF_FIRST || strcmp(word, "2") == 0);
}

static enum status print_plan(const struct options *options, struct diff *diff, enum diff_part part)
{
	struct buf out = BUF_INIT;
	bool differs = diff->count || diff->entry_count;

	out.secret = true;
	if (!diff_plan(diff, part, options->reveal, &out)) {
		buf_free(&out);
		return cmd_fail(&cmd_diff, "%s", diff->new->fault);
	}
	return cmd_print(&out, differs ? STATUS_INVALID : STATUS_VALID);
}

/* ---- the sides ---- */

/* A side: an operand and the overlays behind it. */
struct side {
	struct input *inputs;
	size_t count;
};

/* False: there are not two. */
static bool find_sides(const struct options *options, struct side sides[2])
{
	size_t i, n = 0;

	for (i = 0; i < options->input_count; i++) {
		bool more = options->image && i > options->image_first;

		if (!options->inputs[i].overlay && !more && n++ < 2)
			sides[n - 1] = (struct side){&options->inputs[i], 0};
		if (n == 0 || n > 2)
			return false;
		sides[n - 1].count++;
	}
	return n == 2;
}

/* An image, a source, or what a server does that nobody has configured. */
static bool open_side(const struct options *options, const struct side *side, struct view *view)
{
	struct options one = *options;

	if (strcmp(side->inputs[0].path, "defaults") == 0 && side->count == 1) {
		if (!compile_init(&view->c, &options->compile))
			return false;
		view_of_sources(view);
		return true;
	}
	one.inputs = side->inputs;
	one.input_count = side->count;
	if (!options->strict) /* what differs is the question */
		cmd_silence(&one, SEVERITY_WARNING);
	if (cmd_view(&cmd_diff, &one, view) != STATUS_VALID)
		return false;
	if (view_load(view, NULL))
		return true;
	(void)cmd_fail(&cmd_diff, "%s: %s", side->inputs[0].path, view->fault);
	return false;
}

static enum status compare(const struct options *options, struct view *old, struct view *new,
			   enum form form, enum diff_part part)
{
	struct diff diff;
	enum status status = STATUS_FAILED;

	if (!diff_make(&diff, old, new))
		(void)cmd_fail(&cmd_diff, "%s",
			       old->fault[0]   ? old->fault
			       : new->fault[0] ? new->fault
					       : "out of memory");
	else if (form == FORM_PLAN)
		status = print_plan(options, &diff, part);
	else
		status = print_changes(options, &diff, form);
	diff_free(&diff);
	return status;
}

static enum status run(struct options *options)
{
	struct view old = {.fd = -1}, new = {.fd = -1};
	struct side sides[2];
	enum status status = STATUS_FAILED;
	enum diff_part part;
	enum form form;

	if (!form_of(options->to, &form))
		return cmd_fail(&cmd_diff, "--to is text, json or plan, not '%s'", options->to);
	if (!part_of(options, form, &part))
		return cmd_fail(&cmd_diff, "--part is 1 or 2, of --to plan");
	if (!find_sides(options, sides))
		return cmd_fail(&cmd_diff, "name two configurations: images, sources, or the word "
					   "'defaults'");
	if (open_side(options, &sides[0], &old) && open_side(options, &sides[1], &new))
		status = compare(options, &old, &new, form, part);
	view_close(&old);
	view_close(&new);
	return status;
}

const struct command cmd_diff = {
	"diff",
	"A B | --image NAME A",
	"what differs between two configurations, by meaning, and when it takes effect",
	" from as env object overlay partial shapes target edition level strict max-errors color "
	"quiet now to part reveal-secrets project image ",
	"text|json|plan",
	run};
