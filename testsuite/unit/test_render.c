#include "unit.h"

#include <jansson.h>

#include "core/render.h"

static struct arena arena;
static struct sources sources;
static struct diags diags;
static struct buf out;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	sources_init(&sources, &arena);
	diags_init(&diags, &arena);
	out = BUF_INIT;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	buf_free(&out);
	arena_free(&arena);
	return 0;
}

static uint32_t add(const char *name, const char *text)
{
	uint32_t number = sources_add(&sources, str_c(name), str_c(text));

	assert_true(number > 0);
	return number;
}

/* The span of the first place where `what` stands in the source. */
static struct span find(uint32_t number, const char *what)
{
	struct source *source = sources_get(&sources, number);
	const char *at = strstr(source->text.p, what);
	uint32_t begin;

	assert_non_null(at);
	begin = (uint32_t)(at - source->text.p);
	return (struct span){number, begin, begin + (uint32_t)strlen(what)};
}

static void check_text(const struct diag *diag, const char *expected)
{
	buf_clear(&out);
	render_text(&out, &sources, diag, false);
	assert_false(out.failed);
	assert_str(buf_str(&out), expected);
}

static bool shows(const char *what)
{
	return memmem(out.p, out.n, what, strlen(what)) != NULL;
}

static void the_sample(void **state)
{
	uint32_t n = add("mail.toml", "\n\n\n\n\n\n\n\n\n\n\n\n\ntlsImplict = true\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "tlsImplict"),
				  "NetworkListener has no field 'tlsImplict'");

	(void)state;
	diag_hint(&diags, d, "did you mean 'tlsImplicit'?");
	diag_context(&diags, d,
		     "in NetworkListener 'submissions', field defined at schema 0.16.19");
	check_text(d, "error[syntax]: NetworkListener has no field 'tlsImplict'\n"
		      "  --> mail.toml:14:1\n"
		      "   |\n"
		      "14 | tlsImplict = true\n"
		      "   | ^^^^^^^^^^ did you mean 'tlsImplicit'?\n"
		      "   = in NetworkListener 'submissions', field defined at schema 0.16.19\n"
		      "\n");
}

static void related_places_share_the_gutter(void **state)
{
	uint32_t n = add("a.toml", "name = 1\n\n\n\n\n\n\n\n\nname = 2\n");
	struct diag *d = diag_add(&diags, DIAG_DUPLICATE_KEY, (struct span){n, 17, 21},
				  "'name' is given twice");

	(void)state;
	diag_relate(&diags, d, find(n, "name"), "first given here");
	diag_relate(&diags, d, SPAN_NONE, "and on the command line");
	check_text(d, "error[duplicate-key]: 'name' is given twice\n"
		      "  --> a.toml:10:1\n"
		      "   |\n"
		      "10 | name = 2\n"
		      "   | ^^^^\n"
		      "note: first given here\n"
		      "  --> a.toml:1:1\n"
		      "   |\n"
		      " 1 | name = 1\n"
		      "   | ^^^^\n"
		      "note: and on the command line\n"
		      "\n");
}

/* A hint far to the right has a line of its own. */
static void long_span(void **state)
{
	static const char line[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	uint32_t n = add("t", line);
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, (struct span){n, 78, 80}, "x");

	(void)state;
	diag_hint(&diags, d, "such as cccccccccc");
	check_text(d, "error[syntax]: x\n"
		      " --> t:1:79\n"
		      "  |\n"
		      "1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
		      "  |                                         "
		      "                                      ^^ such as cccccccccc\n\n");
	diag_hint(&diags, d, "such as cccccccccccccccccccc");
	check_text(d, "error[syntax]: x\n"
		      " --> t:1:79\n"
		      "  |\n"
		      "1 | aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
		      "  |                                         "
		      "                                      ^^\n"
		      "  = such as cccccccccccccccccccc\n\n");
}

static void without_a_place(void **state)
{
	struct diag *d;

	(void)state;
	diags.levels[DIAG_NESTING] = SEVERITY_WARNING;
	d = diag_add(&diags, DIAG_NESTING, SPAN_NONE, "nothing to check");
	check_text(d, "warning[nesting]: nothing to check\n\n");
	diag_path(&diags, d, "Domain/example.org");
	diag_hint(&diags, d, "name a file");
	check_text(d, "warning[nesting]: nothing to check\n"
		      "  = name a file\n"
		      "  = at Domain/example.org\n\n");
	/* a source that is not registered is no place */
	d->span = (struct span){77, 1, 2};
	diag_context(&diags, d, "in Domain");
	check_text(d, "warning[nesting]: nothing to check\n"
		      "  = name a file\n"
		      "  = in Domain\n\n");
}

static void carets_follow_columns(void **state)
{
	uint32_t n = add("t", "\tgrüße\t= 日本 é\xCC\x81x # end");

	(void)state;
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "grüße"), "a"),
		   "error[syntax]: a\n --> t:1:2\n  |\n1 |  grüße = 日本 é\xCC\x81x # end\n"
		   "  |  ^^^^^\n\n");
	/* two columns each, and none for the accent, which is a character of its own in 1:9 */
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "日本"), "b"),
		   "error[syntax]: b\n --> t:1:10\n  |\n1 |  grüße = 日本 é\xCC\x81x # end\n"
		   "  |          ^^^^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "x #"), "c"),
		   "error[syntax]: c\n --> t:1:15\n  |\n1 |  grüße = 日本 é\xCC\x81x # end\n"
		   "  |                ^^^\n\n");
}

static void empty_spans_and_ends(void **state)
{
	uint32_t n = add("t", "a = [\r\nb\r\n");

	(void)state;
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 5, 5}, "here"),
		   "error[syntax]: here\n --> t:1:6\n  |\n1 | a = [\n  |      ^\n\n");
	/* to the end of its first line only */
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 4, 10}, "list"),
		   "error[syntax]: list\n --> t:1:5\n  |\n1 | a = [\n  |     ^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 10, 10}, "end"),
		   "error[syntax]: end\n --> t:3:1\n  |\n3 |\n  | ^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 4000, 5000}, "beyond"),
		   "error[syntax]: beyond\n --> t:3:1\n  |\n3 |\n  | ^\n\n");
	/* a span inside the line end */
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 6, 7}, "lf"),
		   "error[syntax]: lf\n --> t:1:7\n  |\n1 | a = [\n  |      ^\n\n");
}

static void terminals_are_not_attacked(void **state)
{
	uint32_t n = add("e\x1b[2J\nvil", "k = \x1b[31m\x07\xC2\x9B\xE2\x80\xAE\xFF~\rz\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "\xFF~"), "bad \x1b[0m\n'\x7F'");

	(void)state;
	diag_hint(&diags, d, "h\x1b\n");
	diag_context(&diags, d, "c\x08");
	diag_relate(&diags, d, SPAN_NONE, "r\x1b");
	check_text(d, "error[syntax]: bad ?[0m?'?'\n"
		      " --> e?[2J?vil:1:13\n"
		      "  |\n"
		      "1 | k = ?[31m????~?z\n"
		      "  |             ^^ h??\n"
		      "  = c?\n"
		      "note: r?\n"
		      "\n");
}

/* Source columns before the span, and after. */
static void check_window(size_t before, size_t after, bool cut_left, bool cut_right)
{
	char *text = malloc(before + after + 6);
	struct diag *d;
	const char *line, *carets;
	uint32_t n;

	assert_non_null(text);
	memset(text, 'a', before);
	memcpy(text + before, "WRONG", 5);
	memset(text + before + 5, 'z', after);
	text[before + 5 + after] = '\0';
	n = add("long", text);
	d = diag_add(&diags, DIAG_SYNTAX, find(n, "WRONG"), "m");
	buf_clear(&out);
	render_text(&out, &sources, d, false);
	buf_putc(&out, '\0');
	assert_false(out.failed);
	assert_true(out.n < 600);
	line = strstr(out.p, "1 | ");
	assert_non_null(line);
	carets = strstr(line, "\n  | ");
	assert_non_null(carets);
	assert_int_equal(memcmp(line + 4, "…", 3) == 0, cut_left);
	assert_int_equal(memcmp(carets - 3, "…", 3) == 0, cut_right);
	/* the carets stand under the word: the sign of a cut takes three bytes, but one column */
	assert_int_equal(strcspn(carets + 1, "^"),
			 (size_t)(strstr(line, "WRONG") - line) - (cut_left ? 2 : 0));
	assert_int_equal(strspn(strchr(carets, '^'), "^"), 5);
	free(text);
}

static void long_lines_are_cut(void **state)
{
	(void)state;
	check_window(0, 115, false, false);
	check_window(0, 116, false, true);
	check_window(115, 0, false, false);
	check_window(116, 0, true, false);
	check_window(40, 50000, false, true);
	check_window(41, 50000, true, true);
	check_window(50000, 50000, true, true);
	check_window(2047, 0, true, false);
	check_window(2048, 2043, true, true);
	check_window(2049, 2044, true, true);
	check_window(50000, 10, true, false);
	check_window(50000, 0, true, false);
}

/* Characters of several bytes are not cut in two, and one line of many masks is no burden. */
static void huge_lines(void **state)
{
	enum { COUNT = 1000000 };
	char *text = malloc(3 * COUNT + 1);
	struct diag *d;
	uint32_t n;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + 3 * i, i % 2 ? "€" : "SXS", 4);
	n = add("huge", text);
	for (uint32_t i = 0; i < COUNT; i += 2)
		source_mask(&sources,
			    (struct span){n, 3 * (COUNT - 2 - i), 3 * (COUNT - 2 - i) + 3});
	for (uint32_t i = 0; i < 30; i++) {
		uint32_t at = (COUNT + i) / 2 * 3;

		d = diag_add(&diags, DIAG_NESTING, (struct span){n, at, at + 3}, "m");
		buf_clear(&out);
		render_text(&out, &sources, d, false);
		assert_true(shows("****€****€"));
		assert_false(shows("S"));
		assert_false(shows("?"));
	}
	free(text);
}

static void long_spans_are_cut(void **state)
{
	char text[1001];
	struct diag *d;
	uint32_t n;

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	n = add("long", text);
	d = diag_add(&diags, DIAG_SYNTAX, (struct span){n, 100, 1000}, "m");
	buf_clear(&out);
	render_text(&out, &sources, d, false);
	buf_putc(&out, '\0');
	assert_int_equal(strspn(strchr(out.p, '^'), "^"), 80);
}

static void secrets_are_masked(void **state)
{
	uint32_t n = add("s.toml", "user = \"u\"\nsecret = \"hunter2\" # hunter2, really\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "\"hunter2\""), "inline secret");

	(void)state;
	d->secret = true;
	diag_hint(&diags, d, "use a file");
	diag_relate(&diags, d, find(n, "hunter2"), "again");
	check_text(d, "error[syntax]: inline secret\n"
		      " --> s.toml:2:10\n"
		      "  |\n"
		      "2 | secret = ****\n"
		      "  |          ^^^^ use a file\n"
		      "note: again\n"
		      " --> s.toml:2:11\n"
		      "  |\n"
		      "2 | secret = \"****\n"
		      "  |           ^^^^\n"
		      "\n");
}

/* Of a secret line only a key in front of the span may be seen. */
static void check_secret_line(const char *line, const char *at, const char *shown)
{
	uint32_t n = add("s", line);
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, at), "m");
	char expected[200];

	d->secret = true;
	buf_clear(&out);
	render_text(&out, &sources, d, false);
	snprintf(expected, sizeof(expected), "\n1 | %s\n", shown);
	buf_putc(&out, '\0');
	if (!shows(expected))
		fail_msg("expected %s in %s", expected, out.p);
}

static void secret_lines_show_a_key_only(void **state)
{
	(void)state;
	check_secret_line("secret = \"hunter2\"", "secret", "****");
	check_secret_line("\"secret\" : \"hunter2\"", "hunter2", "\"secret\" : \"****");
	check_secret_line("  a.b-c = hunter2", "hunter2", "  a.b-c = ****");
	/* the place is behind the secret, or in the midst of it */
	check_secret_line("secret = \"hunter2\" oops", "oops", "****");
	check_secret_line("secret = \"hunter2", "ter2", "****");
	check_secret_line("hunter2\\q = \"\"\"", "\\q", "****");
	check_secret_line("hunter2\"\"\"", "\"\"\"", "****");
	check_secret_line("{\"user\": \"hunter2\", \"x\": 1}", "1", "****");
	check_secret_line("TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQgY29uc2VjdGV0dXIgYWRpcA=x", "x",
			  "****");
}

static void hidden_spans_never_show(void **state)
{
	uint32_t n =
		add("h.ndjson", "{\"secret\": \"hunter2\", \"prot\": 1, \"token\": \"hunter3\"}\n");
	uint32_t other = add("other", "{\"secret\": \"public!\"}\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "\"prot\""), "no field 'prot'");

	(void)state;
	source_mask(&sources, find(n, "\"hunter3\""));
	source_mask(&sources, find(n, "\"hunter2\""));
	source_mask(&sources, SPAN_NONE);
	diag_relate(&diags, d, find(other, "public!"), "not hidden");
	check_text(d, "error[syntax]: no field 'prot'\n"
		      " --> h.ndjson:1:23\n"
		      "  |\n"
		      "1 | {\"secret\": ****, \"prot\": 1, \"token\": ****}\n"
		      "  |                  ^^^^^^\n"
		      "note: not hidden\n"
		      " --> other:1:13\n"
		      "  |\n"
		      "1 | {\"secret\": \"public!\"}\n"
		      "  |             ^^^^^^^\n"
		      "\n");
	/* a diagnostic about a part of it, and one about all */
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "ter2"), "m"),
		   "error[syntax]: m\n --> h.ndjson:1:16\n  |\n"
		   "1 | {\"secret\": ****, \"prot\": 1, \"token\": ****}\n"
		   "  |            ^^^^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "\"hunter2\""), "m"),
		   "error[syntax]: m\n --> h.ndjson:1:12\n  |\n"
		   "1 | {\"secret\": ****, \"prot\": 1, \"token\": ****}\n"
		   "  |            ^^^^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, (struct span){n, 0, 53}, "m"),
		   "error[syntax]: m\n --> h.ndjson:1:1\n  |\n"
		   "1 | {\"secret\": ****, \"prot\": 1, \"token\": ****}\n"
		   "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n\n");
}

static void hidden_spans_over_lines(void **state)
{
	uint32_t n = add("k", "key = '''one\ntwo\nthree''' # 3\n");

	(void)state;
	source_mask(&sources, find(n, "'''one\ntwo\nthree'''"));
	/* an overlapping one joins in */
	source_mask(&sources, find(n, "two\nthree''' #"));
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "key"), "m"),
		   "error[syntax]: m\n --> k:1:1\n  |\n1 | key = ****\n  | ^^^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, "wo"), "m"),
		   "error[syntax]: m\n --> k:2:2\n  |\n2 | ****\n  | ^^^^\n\n");
	check_text(diag_add(&diags, DIAG_SYNTAX, find(n, " 3"), "m"),
		   "error[syntax]: m\n --> k:3:11\n  |\n3 | **** 3\n  |     ^^\n\n");
}

/* One rendering of "abcdef", of which the bytes in `bits` are hidden: they never show, the
 * others do, and the carets lie under the line or just behind it. */
static void check_hidden(const struct diag *d, unsigned bits)
{
	const char *line, *carets;
	size_t width;

	buf_clear(&out);
	render_text(&out, &sources, d, false);
	buf_putc(&out, '\0');
	line = strstr(out.p, "\n1 | ");
	assert_non_null(line);
	line += 5;
	width = strcspn(line, "\n");
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(memchr(line, "abcdef"[i], width) != NULL, !(bits >> i & 1));
	carets = strstr(line, "\n  | ");
	assert_non_null(carets);
	carets += 5;
	assert_true(strspn(carets, " ^") <= width + (d->span.begin == 6));
	/* as many carets as characters, and four for each mask that the span touches */
	width = 0;
	for (uint32_t i = d->span.begin; i < d->span.end; i++) {
		bool hidden = bits >> i & 1;
		bool before = i > d->span.begin && (bits >> (i - 1) & 1);

		width += !hidden ? 1 : before ? 0 : 4;
	}
	if (d->span.begin == d->span.end)
		width = bits << 1 >> d->span.begin & bits >> d->span.begin & 1 ? 4 : 1;
	assert_int_equal(strspn(strchr(carets, '^'), "^"), width);
}

static void hidden_spans_exhaustively(void **state)
{
	uint32_t n = add("x", "abcdef");

	(void)state;
	for (unsigned bits = 0; bits < 64; bits++) {
		sources_get(&sources, n)->mask_count = 0; /* all shown again */
		for (uint32_t i = 6; i-- > 0;) {
			if (bits >> i & 1)
				source_mask(&sources, (struct span){n, i, i + 1});
		}
		for (uint32_t begin = 0; begin <= 6; begin++) {
			for (uint32_t end = begin; end <= 6; end++) {
				struct diag d = {.span = {n, begin, end}, .message = STR("m")};

				check_hidden(&d, bits);
			}
		}
	}
}

static void secrets_on_long_lines(void **state)
{
	char text[2001];
	struct diag *d;
	uint32_t n;

	(void)state;
	memset(text, 'w', 1000);
	memset(text + 1000, 'S', 1000);
	text[2000] = '\0';
	n = add("long", text);
	d = diag_add(&diags, DIAG_SYNTAX, (struct span){n, 900, 910}, "M");
	source_mask(&sources, (struct span){n, 1000, 2000});
	render_text(&out, &sources, d, true);
	assert_true(shows("w"));
	assert_false(shows("S"));
	sources_get(&sources, n)->mask_all = true;
	buf_clear(&out);
	render_text(&out, &sources, d, true);
	assert_true(shows(" ****\n"));
	assert_false(shows("w"));
	sources_get(&sources, n)->mask_all = false;
	d->span.begin = 1000;
	d->secret = true;
	buf_clear(&out);
	render_text(&out, &sources, d, true);
	assert_true(shows(" ****\n"));
	assert_false(shows("w"));
	assert_false(shows("S"));
	assert_false(shows("^^^^^"));
}

static void color_only_when_asked(void **state)
{
	uint32_t n = add("t", "x\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "x"), "m");

	(void)state;
	diag_relate(&diags, d, find(n, "x"), "r");
	render_text(&out, &sources, d, false);
	assert_false(shows("\x1b"));
	buf_clear(&out);
	render_text(&out, &sources, d, true);
	assert_true(shows("\x1b[1;31merror[syntax]\x1b[0m"));
	/* nothing stays painted */
	buf_putc(&out, '\0');
	for (const char *p = strchr(out.p, '\x1b'); p; p = strchr(p + 1, '\x1b')) {
		const char *next = strchr(p + 1, '\x1b');

		if (strncmp(p, "\x1b[0m", 4) == 0)
			continue;
		assert_non_null(next);
		assert_int_equal(strncmp(next, "\x1b[0m", 4), 0);
		assert_true(memchr(p, '\n', (size_t)(next - p)) == NULL);
	}
}

static json_t *parse_json(size_t objects, size_t files)
{
	struct render_summary summary = {objects, files};
	json_error_t error;
	json_t *doc;

	buf_clear(&out);
	render_json(&out, &sources, &diags, &summary);
	assert_false(out.failed);
	assert_int_equal(out.p[out.n - 1], '\n');
	doc = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, &error);
	if (!doc)
		fail_msg("%s: %.*s", error.text, (int)out.n, out.p);
	return doc;
}

static void check_string(const json_t *object, const char *name, const char *expected)
{
	const char *s = json_string_value(json_object_get(object, name));

	assert_non_null(s);
	assert_string_equal(s, expected);
}

static void check_number(const json_t *object, const char *name, json_int_t expected)
{
	const json_t *number = json_object_get(object, name);

	assert_true(json_is_integer(number));
	assert_int_equal(json_integer_value(number), expected);
}

static void json_without_diagnostics(void **state)
{
	struct render_summary summary = {7, 2};

	(void)state;
	render_json(&out, &sources, &diags, &summary);
	assert_str(buf_str(&out), "{\"diagnostics\":[],\"summary\":{\"errors\":0,\"warnings\":0,"
				  "\"objects\":7,\"files\":2}}\n");
}

static void json_members(void **state)
{
	uint32_t n = add("grüße \"1\".toml", "x\n  é = \"wröng\nstill\" # c\n");
	struct diag *d = diag_add(&diags, DIAG_SYNTAX, find(n, "\"wröng\nstill\""),
				  "a \"quoted\"\n\x1b message");
	json_t *doc;
	const json_t *list, *first, *related;

	(void)state;
	diag_hint(&diags, d, "a hint");
	diag_path(&diags, d, "Domain/é/name");
	diag_context(&diags, d, "for people only");
	diag_relate(&diags, d, find(n, "x"), "over there");
	diag_relate(&diags, d, SPAN_NONE, "nowhere");
	doc = parse_json(1, 1);
	list = json_object_get(doc, "diagnostics");
	assert_int_equal(json_array_size(list), 1);
	first = json_array_get(list, 0);
	assert_int_equal(json_object_size(first), 11);
	check_string(first, "severity", "error");
	check_string(first, "code", "syntax");
	check_string(first, "message", "a \"quoted\"\n\x1b message");
	check_string(first, "file", "grüße \"1\".toml");
	check_number(first, "line", 2);
	check_number(first, "column", 7);
	check_number(first, "endLine", 3);
	check_number(first, "endColumn", 7);
	check_string(first, "path", "Domain/é/name");
	check_string(first, "hint", "a hint");
	related = json_object_get(first, "related");
	assert_int_equal(json_array_size(related), 2);
	assert_int_equal(json_object_size(json_array_get(related, 0)), 4);
	check_string(json_array_get(related, 0), "message", "over there");
	check_string(json_array_get(related, 0), "file", "grüße \"1\".toml");
	check_number(json_array_get(related, 0), "line", 1);
	check_number(json_array_get(related, 0), "column", 1);
	assert_int_equal(json_object_size(json_array_get(related, 1)), 1);
	check_string(json_array_get(related, 1), "message", "nowhere");
	json_decref(doc);
}

static void json_leaves_out_what_is_absent(void **state)
{
	json_t *doc;
	const json_t *list, *summary;

	(void)state;
	diags.keep = 1;
	diags.levels[DIAG_NESTING] = SEVERITY_WARNING;
	diags.levels[DIAG_ENCODING] = SEVERITY_NOTE;
	diag_add(&diags, DIAG_NESTING, SPAN_NONE, "w\xFF");
	diag_add(&diags, DIAG_SYNTAX, SPAN_NONE, "e");
	diag_add(&diags, DIAG_ENCODING, SPAN_NONE, "n");
	diag_add(&diags, DIAG_SYNTAX, SPAN_NONE, "over the limit");
	doc = parse_json(3, 4);
	list = json_object_get(doc, "diagnostics");
	assert_int_equal(json_array_size(list), 3);
	assert_int_equal(json_object_size(json_array_get(list, 0)), 3);
	check_string(json_array_get(list, 0), "severity", "warning");
	check_string(json_array_get(list, 0), "message", "w\xEF\xBF\xBD");
	check_string(json_array_get(list, 1), "severity", "error");
	check_string(json_array_get(list, 2), "severity", "note");
	summary = json_object_get(doc, "summary");
	assert_int_equal(json_object_size(summary), 4);
	check_number(summary, "errors", 2);
	check_number(summary, "warnings", 1);
	check_number(summary, "objects", 3);
	check_number(summary, "files", 4);
	json_decref(doc);
	/* something was lost: not valid, and the document says so */
	diags.failed = true;
	doc = parse_json(3, 4);
	check_number(json_object_get(doc, "summary"), "errors", 3);
	json_decref(doc);
}

#define WITH_DIAGS(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIAGS(the_sample),
		WITH_DIAGS(related_places_share_the_gutter),
		WITH_DIAGS(long_span),
		WITH_DIAGS(without_a_place),
		WITH_DIAGS(carets_follow_columns),
		WITH_DIAGS(empty_spans_and_ends),
		WITH_DIAGS(terminals_are_not_attacked),
		WITH_DIAGS(long_lines_are_cut),
		WITH_DIAGS(huge_lines),
		WITH_DIAGS(long_spans_are_cut),
		WITH_DIAGS(secrets_are_masked),
		WITH_DIAGS(secret_lines_show_a_key_only),
		WITH_DIAGS(hidden_spans_never_show),
		WITH_DIAGS(hidden_spans_over_lines),
		WITH_DIAGS(hidden_spans_exhaustively),
		WITH_DIAGS(secrets_on_long_lines),
		WITH_DIAGS(color_only_when_asked),
		WITH_DIAGS(json_without_diagnostics),
		WITH_DIAGS(json_members),
		WITH_DIAGS(json_leaves_out_what_is_absent),
	};

	return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
