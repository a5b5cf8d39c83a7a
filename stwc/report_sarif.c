/* Diagnostics as a SARIF 2.1.0 log; numbers in comments are sections of that standard. */
#include "base/digest.h"
#include "base/map.h"
#include "stwc/report.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct sarif {
	struct buf *out;
	const struct sources *sources;
	const struct diags *diags;
	size_t rules[DIAG_CODE_COUNT]; /* index of the code's rule + 1; 0: it has no result */
};

static void put_member(struct sarif *s, const char *name, struct str text)
{
	buf_printf(s->out, "\"%s\":", name);
	buf_put_json(s->out, text);
}

/* {"text": …}, as 3.11 and 3.12 want it: a brace of its own is doubled there, since one alone would
 * begin the place of an argument (3.11.5). */
static void put_message(struct sarif *s, const char *name, struct str text)
{
	struct buf doubled = BUF_INIT;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '{' || text.p[i] == '}')
			buf_putc(&doubled, text.p[i]);
		buf_putc(&doubled, text.p[i]);
	}
	buf_printf(s->out, "\"%s\":{", name);
	put_member(s, "text", buf_str(&doubled));
	buf_putc(s->out, '}');
	s->out->failed = s->out->failed || doubled.failed;
	buf_free(&doubled);
}

static const char *level_of(enum severity severity)
{
	return severity == SEVERITY_OFF ? "none" : severity_name(severity);
}

/* A file name as a URI reference (RFC 3986): relative as it is, absolute with its scheme. */
static void put_uri(struct sarif *s, struct str name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-._~/";

	buf_puts(s->out, STR("\"uri\":\""));
	if (name.n && name.p[0] == '/')
		buf_puts(s->out, STR("file://"));
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c && strchr(plain, c))
			buf_putc(s->out, (char)c);
		else
			buf_printf(s->out, "%%%02X", c);
	}
	buf_putc(s->out, '"');
}

/* A span's end is the byte behind it, as is SARIF's (3.30.8). */
static void put_region(struct sarif *s, struct source *source, struct span span)
{
	struct position begin = source_position(source, span.begin);
	struct position end = source_position(source, span.end);

	buf_printf(s->out,
		   ",\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,"
		   "\"endColumn\":%u}",
		   begin.line, begin.column, end.line, end.column);
}

/* "physicalLocation":{…}; with a file name alone it has no region. */
static void put_physical(struct sarif *s, struct source *source, struct span span, struct str file)
{
	buf_puts(s->out, STR("\"physicalLocation\":{\"artifactLocation\":{"));
	put_uri(s, source ? source->name : file);
	buf_putc(s->out, '}');
	if (source)
		put_region(s, source, span);
	buf_putc(s->out, '}');
}

static void put_rule(struct sarif *s, enum diag_code code)
{
	const struct diag_code_info *info = diag_code_info(code);

	buf_putc(s->out, '{');
	put_member(s, "id", str_c(info->word));
	buf_putc(s->out, ',');
	put_message(s, "shortDescription", str_c(info->title));
	buf_putc(s->out, ',');
	put_message(s, "fullDescription", str_c(info->explanation));
	buf_putc(s->out, ',');
	put_message(s, "help", str_c(info->explanation));
	buf_printf(s->out, ",\"defaultConfiguration\":{\"level\":\"%s\"}}",
		   level_of(info->severity));
}

static void put_rules(struct sarif *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->diags->count; i++)
		s->rules[s->diags->all[i].code] = 1;
	buf_puts(s->out, STR("\"rules\":["));
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
		if (!s->rules[i])
			continue;
		if (count)
			buf_putc(s->out, ',');
		put_rule(s, (enum diag_code)i);
		s->rules[i] = ++count;
	}
	buf_putc(s->out, ']');
}

static void put_locations(struct sarif *s, const struct diag *diag)
{
	struct source *source = sources_get(s->sources, diag->span.source);
	bool physical = source || diag->file.n;

	if (!physical && !diag->path.n)
		return;
	buf_puts(s->out, STR(",\"locations\":[{"));
	if (physical)
		put_physical(s, source, diag->span, diag->file);
	if (physical && diag->path.n)
		buf_putc(s->out, ',');
	if (diag->path.n) {
		buf_puts(s->out, STR("\"logicalLocations\":[{"));
		put_member(s, "fullyQualifiedName", diag->path);
		buf_puts(s->out, STR("}]"));
	}
	buf_puts(s->out, STR("}]"));
}

static void put_related(struct sarif *s, const struct diag *diag)
{
	size_t id = 0;

	if (!diag->related)
		return;
	buf_puts(s->out, STR(",\"relatedLocations\":["));
	for (const struct diag_related *r = diag->related; r; r = r->next) {
		struct source *source = sources_get(s->sources, r->span.source);

		buf_printf(s->out, "%s{\"id\":%zu,", id ? "," : "", id + 1);
		if (source) {
			put_physical(s, source, r->span, STR_NONE);
			buf_putc(s->out, ',');
		}
		put_message(s, "message", r->message);
		buf_putc(s->out, '}');
		id++;
	}
	buf_putc(s->out, ']');
}

/* What a result is known by when lines have moved (3.27.17): 128 bits of a digest. */
static bool fingerprint(const struct sarif *s, const struct diag *diag, char out[DIGEST_HEX_SIZE])
{
	const struct source *source = sources_get(s->sources, diag->span.source);
	const struct str parts[] = {str_c(diag_code_info(diag->code)->word),
				    source ? source->name : diag->file, diag->path, diag->message};
	struct digest digest;
	struct buf text = BUF_INIT;
	bool ok;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_puts(&text, parts[i]);
		buf_putc(&text, '\0');
	}
	ok = !text.failed && digest_of(text.p, text.n, &digest);
	buf_free(&text);
	if (!ok)
		return false;
	digest_hex(&digest, out);
	out[32] = '\0';
	return true;
}

/* Results of the same fingerprint before this one are told apart by their number. */
static bool put_fingerprint(struct sarif *s, const struct diag *diag, struct map *seen)
{
	char hex[DIGEST_HEX_SIZE];
	struct str key;
	void **times;

	if (!fingerprint(s, diag, hex))
		return false;
	key = arena_str(seen->arena, str_c(hex));
	times = key.p ? map_at(seen, key) : NULL;
	if (!times)
		return false;
	*times = (void *)((uintptr_t)*times + 1);
	buf_printf(s->out, ",\"partialFingerprints\":{\"stwFinding/v1\":\"%s:%zu\"}", hex,
		   (size_t)(uintptr_t)*times);
	return true;
}

static bool put_result(struct sarif *s, const struct diag *diag, struct map *seen)
{
	struct buf message = BUF_INIT;
	bool ok;

	buf_puts(&message, diag->message);
	if (diag->hint.n)
		buf_printf(&message, " (%.*s)", STR_ARG(diag->hint));
	buf_printf(s->out, "{\"ruleId\":\"%s\",\"ruleIndex\":%zu,\"level\":\"%s\",",
		   diag_code_info(diag->code)->word, s->rules[diag->code] - 1,
		   level_of(diag->severity));
	put_message(s, "message", buf_str(&message));
	ok = !message.failed;
	buf_free(&message);
	put_locations(s, diag);
	put_related(s, diag);
	ok = ok && put_fingerprint(s, diag, seen);
	buf_putc(s->out, '}');
	return ok;
}

static void put_results(struct sarif *s)
{
	/* what it holds are digests: nobody chooses them to collide */
	static const struct hash_key key = {0, 0};
	struct arena arena;
	struct map seen;

	arena_init(&arena, 0);
	map_init(&seen, &key, &arena);
	buf_puts(s->out, STR("\"results\":["));
	for (size_t i = 0; i < s->diags->count; i++) {
		if (i)
			buf_putc(s->out, ',');
		if (!put_result(s, &s->diags->all[i], &seen))
			s->out->failed = true;
	}
	buf_putc(s->out, ']');
	arena_free(&arena);
}

void report_sarif(struct buf *out, const struct sources *sources, const struct diags *diags,
		  bool ran)
{
	struct sarif s = {.out = out, .sources = sources, .diags = diags};

	buf_puts(out, STR("{\"$schema\":\"" SARIF_SCHEMA "\",\"version\":\"2.1.0\",\"runs\":[{"
			  "\"tool\":{\"driver\":{\"name\":\"stwc\",\"version\":\"" PACKAGE_VERSION
			  "\","));
	put_rules(&s);
	buf_printf(out, "}},\"invocations\":[{\"executionSuccessful\":%s}],",
		   ran ? "true" : "false");
	buf_puts(out, STR("\"columnKind\":\"unicodeCodePoints\","));
	put_results(&s);
	buf_puts(out, STR("}]}\n"));
}
