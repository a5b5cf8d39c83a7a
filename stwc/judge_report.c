/* What came of the cases, for programs: TAP 14, and the XML that JUnit has made common. */
#include "core/render.h"
#include "stwc/judge.h"

/* ---- TAP ---- */

void judge_tap_begin(struct buf *out, const struct judge *judge)
{
	buf_printf(out, "TAP version 14\n1..%zu\n", judge->count);
}

/* On one line; a number sign would begin a directive. */
static void put_description(struct buf *out, struct str name)
{
	struct buf clean = BUF_INIT;

	render_clean(&clean, name);
	for (size_t i = 0; i < clean.n; i++) {
		if (clean.p[i] == '#' || clean.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, clean.p[i]);
	}
	out->failed = out->failed || clean.failed;
	buf_free(&clean);
}

static void put_member(struct buf *out, const char *key, struct str value)
{
	if (!value.n)
		return;
	buf_printf(out, "  %s: ", key);
	buf_put_json(out, value);
	buf_putc(out, '\n');
}

static void put_place(struct buf *out, const char *key, struct str file, uint32_t line)
{
	struct buf place = BUF_INIT;

	buf_printf(&place, "%.*s:%u", STR_ARG(file), line);
	if (file.n)
		put_member(out, key, buf_str(&place));
	out->failed = out->failed || place.failed;
	buf_free(&place);
}

void judge_tap(struct buf *out, const struct judge *judge, const struct judge_case *c,
	       size_t number, const struct judgement *judgement)
{
	bool passed = judgement->outcome == JUDGE_PASSED;

	buf_printf(out, "%sok %zu - ", passed ? "" : "not ", number);
	put_description(out, c->name);
	buf_putc(out, '\n');
	if (passed)
		return;
	buf_puts(out, STR("  ---\n"));
	put_member(out, "expected", buf_str(&judgement->expected));
	put_member(out, "got", buf_str(&judgement->got));
	put_member(out, "because", buf_str(&judgement->because));
	put_member(out, "why", buf_str(&judgement->why));
	put_place(out, "decided", judgement->file, judgement->line);
	put_place(out, "case", judge->sheet.source->name, c->line);
	buf_puts(out, STR("  ...\n"));
}

/* ---- JUnit: no more than what the schema of Jenkins (junit-10.xsd) has ---- */

static void put_attribute(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, " %s=\"", name);
	buf_put_xml(out, value);
	buf_putc(out, '"');
}

static void put_got(struct buf *out, const struct judgement *j)
{
	buf_puts(out, buf_str(&j->got));
	if (j->because.n)
		buf_printf(out, " because of %.*s", STR_ARG(buf_str(&j->because)));
	buf_printf(out, ", expected %.*s", STR_ARG(buf_str(&j->expected)));
}

static void put_at(struct buf *out, const char *what, struct str file, uint32_t line)
{
	if (!file.n)
		return;
	buf_printf(out, "\n%s at ", what);
	buf_put_xml(out, file);
	buf_printf(out, ":%u", line);
}

static void put_failure(struct buf *out, const struct judge *judge, const struct judge_case *c,
			const struct judgement *j)
{
	const char *element = j->outcome == JUDGE_FAILED ? "failure" : "error";
	struct buf message = BUF_INIT;

	if (j->outcome == JUDGE_FAILED)
		put_got(&message, j);
	else
		buf_puts(&message, buf_str(&j->why));
	buf_printf(out, "      <%s", element);
	put_attribute(out, "message", buf_str(&message));
	buf_puts(out, STR(">"));
	buf_put_xml(out, buf_str(&j->why));
	put_at(out, "decided", j->file, j->line);
	put_at(out, "case", judge->sheet.source->name, c->line);
	buf_printf(out, "</%s>\n", element);
	out->failed = out->failed || message.failed;
	buf_free(&message);
}

static void put_counts(struct buf *out, const struct judge *judge, const struct judgement *all)
{
	size_t failures = 0, errors = 0;

	for (size_t i = 0; i < judge->count; i++) {
		failures += all[i].outcome == JUDGE_FAILED;
		errors += all[i].outcome == JUDGE_UNDECIDED;
	}
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", judge->count, failures,
		   errors);
}

void judge_junit(struct buf *out, const struct judge *judge, const struct judgement *all)
{
	struct str file = judge->sheet.source->name;
	size_t i = 0;

	buf_puts(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
	put_counts(out, judge, all);
	buf_puts(out, STR(">\n  <testsuite"));
	put_attribute(out, "name", file);
	put_attribute(out, "file", file);
	put_counts(out, judge, all);
	buf_puts(out, STR(">\n"));
	for (const struct judge_case *c = judge->first; c; c = c->next, i++) {
		buf_puts(out, STR("    <testcase"));
		put_attribute(out, "classname", file);
		put_attribute(out, "name", c->name);
		if (all[i].outcome == JUDGE_PASSED) {
			buf_puts(out, STR("/>\n"));
			continue;
		}
		buf_puts(out, STR(">\n"));
		put_failure(out, judge, c, &all[i]);
		buf_puts(out, STR("    </testcase>\n"));
	}
	buf_puts(out, STR("  </testsuite>\n</testsuites>\n"));
}
