/*
 * The answers as commented TOML. A Bootstrap becomes the objects that a server would make of it
 * (bootstrap.c); what a Bootstrap does not hold comes beside them: listeners, keys, a certificate,
 * an outside directory. All of it is compiled, written by the writer that `stwc convert` uses, put
 * in an order for reading, given its comments, and compiled once more as it stands.
 */
#include "stwc/init.h"
#include "stwc/view_dump.h"

#define COMMENT_COLUMNS 96

/* 443 is for mail clients and web browsers; management stays on the machine itself. */
static const char listeners[] =
	"{\"smtp\":{\"protocol\":\"smtp\",\"bind\":[\"[::]:25\"]},"
	"\"submissions\":{\"protocol\":\"smtp\",\"bind\":[\"[::]:465\"],\"tlsImplicit\":true},"
	"\"submission\":{\"protocol\":\"smtp\",\"bind\":[\"[::]:587\"]},"
	"\"imaps\":{\"protocol\":\"imap\",\"bind\":[\"[::]:993\"],\"tlsImplicit\":true},"
	"\"https\":{\"protocol\":\"http\",\"bind\":[\"[::]:443\"],\"tlsImplicit\":true},"
	"\"management\":{\"protocol\":\"http\",\"bind\":[\"127.0.0.1:8080\"],\"useTls\":false}}";

/* The order of types, and what there is to say of them here that the reference does not. */
static const struct remark {
	const char *type, *text;
} remarks[] = {
	{"SystemSettings", "The host name stands in greetings, in headers and in certificates."},
	{"Domain", "Further domains get a table of their own."},
	{"NetworkListener",
	 "Port 25 takes mail from other servers; 465 and 587 from people, who log in; 993 is for "
	 "their mailboxes, 443 for web clients. Management stays on this machine: reach it through "
	 "a tunnel."},
	{"Certificate", "The files are read by the server when it starts and reloads; relative "
			"names are looked up in its secrets directory."},
	{"AcmeProvider", "Certificates come from here, and are renewed in time."},
	{"DkimSignature",
	 "The keys are in files beside this one, which nobody else may read. Their "
	 "public halves belong into the DNS."},
	{"DataStore", ""},
	{"BlobStore", ""},
	{"SearchStore", ""},
	{"InMemoryStore", ""},
	{"Authentication", ""},
	{"Directory", ""},
	{"DnsServer", ""},
	{"Tracer", ""},
};

/* ---- what is compiled ---- */

static bool is_outside(const struct init *init)
{
	const struct node *directory = node_map_get(init->bootstrap, STR("directory"));

	return directory && !str_eq(init_text_of(directory, "@type"), STR("Internal"));
}

/* The keys are made here and now, so no server has to; and a directory is the default one of the
 * server, since that of a single domain needs a licence. */
static void put_bootstrap(const struct init *init, struct buf *out)
{
	const struct node_entry *e;

	buf_puts(out, STR("{\"Bootstrap\":{\"generateDkimKeys\":false"));
	for (e = init->bootstrap->map.first; e; e = e->next) {
		if (str_eq_c(e->key, "generateDkimKeys") || str_eq_c(e->key, "directory"))
			continue;
		buf_putc(out, ',');
		buf_put_json(out, e->key);
		buf_putc(out, ':');
		init_json(out, e->value, NULL, NULL);
	}
	buf_puts(out, STR("}}"));
}

static void put_keys(struct buf *out)
{
	size_t i;

	buf_puts(out, STR(",\"DkimSignature\":{"));
	for (i = 0; i < INIT_KEYS; i++)
		buf_printf(
			out,
			"%s\"%s\":{\"@type\":\"%s\",\"selector\":\"%s\",\"domainId\":\"#default\","
			"\"privateKey\":{\"@type\":\"File\",\"filePath\":\"%s\"}}",
			i ? "," : "", init_keys[i].id, init_keys[i].algorithm, init_keys[i].id,
			init_keys[i].file);
	buf_putc(out, '}');
}

/* What a Bootstrap does not say. */
static void put_extras(const struct init *init, struct buf *out)
{
	buf_printf(out, "{\"NetworkListener\":%s", listeners);
	if (init_is_on(init, "generateDkimKeys", true))
		put_keys(out);
	if (init->certificate->map.first) {
		buf_puts(out, STR(",\"Certificate\":{\"own\":"));
		init_json(out, init->certificate, NULL, NULL);
		buf_putc(out, '}');
	}
	if (is_outside(init)) {
		buf_puts(out, STR(",\"Authentication\":{\"directoryId\":\"#directory\"},"
				  "\"Directory\":{\"directory\":"));
		init_json(out, node_map_get(init->bootstrap, STR("directory")), NULL, NULL);
		buf_putc(out, '}');
	}
	buf_putc(out, '}');
}

/* ---- in memory through the compiler ---- */

static bool compile(struct compilation *c, const struct init *init, const struct input *inputs,
		    size_t count)
{
	struct compile_options options = {.edition = init->edition, .now = init->now};

	return compile_init(c, &options) && compile_run(c, inputs, count) && diags_ok(&c->diags);
}

/* Sources in, one TOML out. The view's compilation is the caller's to look at and close. */
static bool rewrite(const struct init *init, struct view *view, const struct input *inputs,
		    size_t count, struct buf *out)
{
	bool ok = compile(&view->c, init, inputs, count);

	view_of_sources(view);
	return ok && view_dump(view, VIEW_DUMP_TOML, false, out) && !out->failed;
}

static bool expand(const struct init *init, struct view *view, struct buf *out)
{
	struct buf answers = BUF_INIT;
	struct input input = {.path = "answers.json"};
	bool ok;

	put_bootstrap(init, &answers);
	input.text = buf_str(&answers);
	ok = !answers.failed && rewrite(init, view, &input, 1, out);
	buf_free(&answers);
	return ok;
}

static bool join(const struct init *init, struct view *view, struct str objects, struct buf *out)
{
	struct buf extras = BUF_INIT;
	struct input inputs[] = {{.path = "objects.toml", .text = objects},
				 {.path = "answers.json"}};
	bool ok;

	put_extras(init, &extras);
	inputs[1].text = buf_str(&extras);
	ok = !extras.failed && rewrite(init, view, inputs, ARRAY_LEN(inputs), out);
	buf_free(&extras);
	return ok;
}

/* ---- order and comments ---- */

static void put_comment(struct buf *out, struct str text)
{
	size_t column = 0;

	while (text.n) {
		const char *blank = memchr(text.p, ' ', text.n);
		size_t n = blank ? (size_t)(blank - text.p) : text.n;

		if (!column || column + 1 + n > COMMENT_COLUMNS) {
			buf_puts(out, column ? STR("\n#") : STR("#"));
			column = 1;
		}
		buf_putc(out, ' ');
		buf_put(out, text.p, n);
		column += 1 + n;
		text = str_from(text, n + (blank != NULL));
	}
	buf_puts(out, column ? STR("\n") : STR(""));
}

/* The tables of one type: from a header of it to the first of another. The writer sets in what is
 * inside a value, so a header is what begins with a bracket. */
static struct str tables_of(struct str text, struct str type)
{
	size_t i = 0, begin = text.n;

	while (i < text.n) {
		const char *end = memchr(text.p + i, '\n', text.n - i);
		/* "[Type]", "[Type.name]", "[[Type.list]]" */
		struct str name = str_from(text, i + 1 + str_starts(str_from(text, i), STR("[[")));
		bool same = str_starts(name, type) && name.n > type.n &&
			    (name.p[type.n] == ']' || name.p[type.n] == '.');

		if (text.p[i] == '[' && same && begin == text.n)
			begin = i;
		if (text.p[i] == '[' && !same && begin != text.n)
			return (struct str){text.p + begin, i - begin};
		i = end ? (size_t)(end - text.p) + 1 : text.n;
	}
	return str_from(text, begin);
}

static void put_tables(struct buf *out, struct str tables, const struct remark *remark)
{
	const struct schema_object *type = schema_object_find(&schema_builtin, str_c(remark->type));

	while (tables.n && tables.p[tables.n - 1] == '\n')
		tables.n--;
	buf_putc(out, '\n');
	if (type)
		put_comment(out, str_c(type->structure->doc));
	put_comment(out, str_c(remark->text));
	buf_puts(out, tables);
	buf_putc(out, '\n');
}

static void put_opening(const struct init *init, struct buf *out)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "The mail server %.*s of %.*s, as stwc init was told.",
		   STR_ARG(init_text_of(init->bootstrap, "serverHostname")),
		   STR_ARG(init_text_of(init->bootstrap, "defaultDomain")));
	put_comment(out, buf_str(&line));
	out->failed = out->failed || line.failed;
	buf_free(&line);
	put_comment(out,
		    STR("What an object or a field is for, and what it may be: stwc explain "
			"TYPE.FIELD. All that is not said here is as stwc schema TYPE shows it. "
			"After each change: stwc check."));
}

static bool put_all(const struct init *init, struct str plain, struct buf *out)
{
	size_t i;

	put_opening(init, out);
	for (i = 0; i < ARRAY_LEN(remarks); i++) {
		struct str tables = tables_of(plain, str_c(remarks[i].type));

		if (tables.n)
			put_tables(out, tables, &remarks[i]);
	}
	return !out->failed;
}

static bool check(const struct init *init, struct str text, struct compilation *c)
{
	struct input input = {.path = "mail.toml", .text = text};

	return compile(c, init, &input, 1) && !c->diags.warnings;
}

/* The compilation in which something was wrong goes to the caller. */
static bool hand_over(struct view *view, struct compilation *out)
{
	*out = view->c;
	return false;
}

bool init_text(const struct init *init, struct buf *out, struct compilation *c)
{
	struct view objects = {.fd = -1}, whole = {.fd = -1};
	struct buf expanded = BUF_INIT, plain = BUF_INIT;
	bool ok = false;

	*c = (struct compilation){0};
	if (!expand(init, &objects, &expanded)) {
		ok = hand_over(&objects, c);
		goto out;
	}
	view_close(&objects);
	if (!join(init, &whole, buf_str(&expanded), &plain)) {
		ok = hand_over(&whole, c);
		goto out;
	}
	view_close(&whole);
	ok = put_all(init, buf_str(&plain), out) && check(init, buf_str(out), c);
out:
	buf_free(&expanded);
	buf_free(&plain);
	return ok;
}
