/*
 * Certificates that a server takes and clients will not: out of date, soon to be, with the key of
 * another, for other names. Those in files and variables are looked at with --host.
 */
#include "stwc/bind.h"
#include "stwc/check/lint.h"
#include "stwc/host.h"
#include "stwc/keys.h"
#include "stwc/names.h"
#include "stwc/walk.h"

#define DAY 86400
#define SOON (30 * (int64_t)DAY)

/* A certificate that could be read. */
struct entry {
	const struct object *object;
	struct certificate_info info;
};

struct names {
	struct compilation *c;
	struct entry *entries;
	size_t count;
	const struct object *system;
	const struct object *first; /* the default certificate, or else the first */
	struct str host; /* .p NULL: not to be known, or not to be held against anything */
	bool elsewhere;  /* the settings are only updated here */
	bool covered;    /* by some certificate */
	bool unknown;    /* some certificate could not be read */
};

static struct diag *say(struct compilation *c, enum diag_code code, const struct object *object,
			const char *field, const char *text)
{
	struct diag *diag = diag_add(&c->diags, code, lint_span(object, field), "%s", text);

	lint_place(c, diag, object, field);
	return diag;
}

/* "2026-03-01" of a time; the hour matters to nobody who has to plan. */
static void format_day(int64_t seconds, char out[VALUE_TEXT_SIZE])
{
	struct value date = {.kind = VALUE_DATE, .seconds = seconds};

	(void)value_format(&date, out);
	out[10] = '\0';
}

static void check_dates(struct compilation *c, const struct object *object,
			const struct certificate_info *info)
{
	int64_t now = c->options.now;
	char day[VALUE_TEXT_SIZE];
	struct diag *diag = NULL;
	struct span span = lint_span(object, "certificate");

	format_day(now < info->not_before ? info->not_before : info->not_after, day);
	if (now < info->not_before)
		diag = diag_add(&c->diags, DIAG_CERTIFICATE_EXPIRED, span,
				"the certificate is not valid before %s", day);
	else if (now > info->not_after)
		diag = diag_add(&c->diags, DIAG_CERTIFICATE_EXPIRED, span,
				"the certificate expired on %s", day);
	else if (info->not_after - now < SOON)
		diag = diag_add(&c->diags, DIAG_CERTIFICATE_EXPIRING, span,
				"the certificate expires on %s, in %lld day%s", day,
				(long long)((info->not_after - now) / DAY),
				(info->not_after - now) / DAY == 1 ? "" : "s");
	if (diag)
		lint_place(c, diag, object, "certificate");
}

static void check_pair(struct compilation *c, const struct object *object,
		       const struct certificate_info *info, const struct key_info *key)
{
	struct diag *diag;

	if (memcmp(&info->key.public_key, &key->public_key, sizeof(key->public_key)) == 0)
		return;
	diag = say(c, DIAG_CERTIFICATE_MISMATCH, object, "privateKey",
		   "the private key is not that of the certificate");
	diag_relate(&c->diags, diag, lint_span(object, "certificate"), "the certificate");
}

/* What is wrong with a certificate or a key alone has been said as a rule of its field. */
static bool open_field(struct compilation *c, const struct object *object, const char *field,
		       struct buf *out)
{
	const struct value_object *holder = lint_object(c, &object->body, field);
	char why[HOST_WHY_SIZE];

	return holder && host_text(c, holder, out, why) == HOST_READ && !out->failed;
}

static bool read_certificate(struct compilation *c, const struct object *object,
			     struct certificate_info *out)
{
	struct buf text = BUF_INIT;
	bool ok = open_field(c, object, "certificate", &text) &&
		  !certificate_read(&c->arena, buf_str(&text), out);

	buf_free(&text);
	return ok;
}

static bool read_key(struct compilation *c, const struct object *object, struct key_info *out)
{
	struct buf text = {.secret = true};
	bool ok = open_field(c, object, "privateKey", &text) && !key_read(buf_str(&text), out) &&
		  out->kind != KEY_OTHER;

	buf_free(&text);
	return ok;
}

static void check_certificate(struct names *names, const struct object *object)
{
	struct compilation *c = names->c;
	struct certificate_info info;
	struct key_info key;
	bool has_key = read_key(c, object, &key);

	if (!read_certificate(c, object, &info)) {
		names->unknown = true;
		return;
	}
	names->entries[names->count++] = (struct entry){object, info};
	check_dates(c, object, &info);
	names->covered = names->covered || certificate_covers(&info, names->host);
	if (has_key)
		check_pair(c, object, &info, &key);
}

/* A domain whose certificates come by ACME may bring the one that is missing here. */
static bool has_acme(struct compilation *c)
{
	const struct object *domain;

	for (domain = compile_first(c, "Domain"); domain; domain = domain->next) {
		if (lint_is_variant(lint_object(c, &domain->body, "certificateManagement"),
				    "Automatic"))
			return true;
	}
	return false;
}

static void report_names(const struct names *names)
{
	struct compilation *c = names->c;
	struct diag *diag;

	if (!names->host.p || !names->first || names->covered || names->unknown || has_acme(c) ||
	    !lint_whole(c) || !lint_shows_all(c, "Certificate"))
		return;
	diag = diag_add(&c->diags, DIAG_CERTIFICATE_NAME, lint_span(names->first, "certificate"),
			names->first->next || compile_first(c, "Certificate") != names->first
				? "no certificate covers the host name '%.*s'"
				: "the certificate does not cover the host name '%.*s'",
			STR_ARG(names->host));
	lint_place(c, diag, names->first, "certificate");
	if (names->system && value_field_get(&names->system->body, "defaultHostname"))
		diag_relate(&c->diags, diag, lint_span(names->system, "defaultHostname"),
			    "the host name");
}

/* ---- what is shown to whom ---- */

struct uses {
	struct compilation *c;
	struct map domains; /* registrable, of all names that the configuration knows */
	struct map best;    /* for each name, the entry that expires last */
};

static bool note_domain(struct uses *uses, struct str name)
{
	struct str domain = name.p ? name_registrable(&uses->c->arena, name) : STR_NONE;

	return !domain.p || map_put(&uses->domains, domain, uses);
}

/* The texts of a value, however deep: names of hosts and domains are among them. */
static void note_text(void *ctx, struct value *value, const struct path *unused UNUSED)
{
	if (value->kind == VALUE_STRING && !note_domain(ctx, value->string))
		((struct uses *)ctx)->c->arena.failed = true;
}

static bool note_domains(struct uses *uses)
{
	struct compilation *c = uses->c;
	struct walk walk = {note_text, uses, 0};
	const struct object *system = compile_first(c, "SystemSettings"), *domain;
	struct path_root root;
	size_t i;

	if (system)
		walk_object(&walk, &system->body,
			    path_of(&root, system->type, system->shown, system->ordinal));
	for (domain = compile_first(c, "Domain"); domain; domain = domain->next) {
		size_t count;
		struct value *const *aliases = lint_members(c, &domain->body, "aliases", &count);

		if (!note_domain(uses, lint_text(c, &domain->body, "name")))
			return false;
		for (i = 0; i < count; i++) {
			if (!note_domain(uses, aliases[i]->string))
				return false;
		}
	}
	return true;
}

/* "*.Example.ORG" is kept as "*.example.org". */
static struct str lower_case(struct arena *arena, struct str name)
{
	char *p = arena_alloc(arena, name.n + 1, 1);
	size_t i;

	for (i = 0; p && i < name.n; i++)
		p[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 32) : name.p[i];
	return p ? (struct str){p, name.n} : STR_NONE;
}

/* Of two certificates for one name a server shows the one that expires later (validation.md 4.4).
 */
static bool note_best(struct uses *uses, struct entry *entry)
{
	size_t i;

	for (i = 0; i < entry->info.name_count; i++) {
		struct str *name = &entry->info.names[i];
		const struct entry *other;

		*name = lower_case(&uses->c->arena, *name);
		if (!name->p)
			return false;
		other = map_get(&uses->best, *name);
		if ((!other || other->info.not_after < entry->info.not_after) &&
		    !map_put(&uses->best, *name, entry))
			return false;
	}
	return true;
}

/* Could a client ask for this name? An address, and what no list of suffixes knows, may be. */
static bool is_asked_for(const struct uses *uses, struct str name)
{
	struct str host = str_starts(name, STR("*.")) ? str_from(name, 2) : name, domain;
	struct net_addr addr;

	if (net_addr_parse(host, &addr) == NET_OK)
		return true;
	domain = name_registrable(&uses->c->arena, host);
	return !domain.p || map_has(&uses->domains, domain);
}

static void judge_use(const struct uses *uses, const struct entry *entry)
{
	const struct entry *better = NULL;
	struct diag *diag;
	size_t i;

	for (i = 0; i < entry->info.name_count; i++) {
		const struct entry *best = map_get(&uses->best, entry->info.names[i]);

		if (!is_asked_for(uses, entry->info.names[i]))
			continue;
		if (!best || best->info.not_after == entry->info.not_after)
			return;
		better = better ? better : best;
	}
	diag = diag_add(&uses->c->diags, DIAG_UNUSED_CERTIFICATE, entry->object->span,
			better ? "another certificate has these names and expires later: nobody is "
				 "shown this one"
			       : "no name in this certificate belongs to a domain or host of the "
				 "configuration: nobody asks for it");
	lint_place(uses->c, diag, entry->object, NULL);
	if (better)
		diag_relate(&uses->c->diags, diag, better->object->span, "the other one");
	diag_hint(&uses->c->diags, diag,
		  better ? "remove it"
			 : "remove it, or make it the "
			   "defaultCertificateId");
}

/* Where a certificate could not be read, or the host name is in none, more may be wrong than that
 * one of them is left over. */
static void report_uses(struct names *names, const struct object *chosen)
{
	struct compilation *c = names->c;
	struct uses uses = {.c = c};
	size_t i;

	if (!names->count || !compile_first(c, "Domain") || !lint_whole(c) || c->has_settings ||
	    names->elsewhere || !lint_shows_all(c, "Domain") || (names->host.p && !names->covered))
		return;
	map_init(&uses.domains, &c->hash_key, &c->arena);
	map_init(&uses.best, &c->hash_key, &c->arena);
	if (!note_domains(&uses) || (names->host.p && !note_domain(&uses, names->host)))
		return;
	for (i = 0; i < names->count; i++) {
		if (!note_best(&uses, &names->entries[i]))
			return;
	}
	for (i = 0; i < names->count; i++) {
		const struct entry *entry = &names->entries[i];

		if (entry->object != chosen && c->options.now <= entry->info.not_after)
			judge_use(&uses, entry);
	}
}

static size_t count_of(const struct object *object)
{
	size_t count = 0;

	for (; object; object = object->next)
		count++;
	return count;
}

void check_certificates(struct compilation *c)
{
	struct names names = {.c = c, .system = compile_first(c, "SystemSettings")};
	const struct value *chosen = NULL;
	const struct object *object = compile_first(c, "Certificate");

	names.entries = object ? ARENA_ARRAY(&c->arena, struct entry, count_of(object)) : NULL;
	if (!names.entries)
		return;
	if (names.system) {
		names.host = lint_text(c, &names.system->body, "defaultHostname");
		names.elsewhere = names.system->rest_elsewhere;
		chosen = value_field_get(&names.system->body, "defaultCertificateId");
	}
	if (chosen && chosen->kind == VALUE_REFERENCE)
		names.first = chosen->reference.target;
	if (!names.host.p && !names.elsewhere)
		names.host = host_own_name(c);
	for (; object; object = object->next) {
		names.first = names.first ? names.first : object;
		if (object->poisoned)
			names.unknown = true;
		else
			check_certificate(&names, object);
	}
	report_names(&names);
	report_uses(&names,
		    chosen && chosen->kind == VALUE_REFERENCE ? chosen->reference.target : NULL);
}

struct opener {
	struct compilation *c;
	const struct object *object;
};

static void open_value(void *ctx, struct value *value, const struct path *path)
{
	struct opener *opener = ctx;
	struct compilation *c = opener->c;
	const struct value *name = value->kind == VALUE_OBJECT ? host_name(&value->object) : NULL;
	struct buf text = {.secret = true};
	char why[HOST_WHY_SIZE] = "";

	if (name && host_text(c, &value->object, &text, why) == HOST_FAILED)
		path_place(c, diag_add(&c->diags, DIAG_MISSING_ON_HOST, name->span, "%s", why),
			   opener->object, path);
	else if (name)
		c->opened++;
	buf_free(&text);
}

/* Every file and variable that is named, whatever it is for. */
void check_host(struct compilation *c)
{
	struct opener opener = {.c = c};
	struct walk walk = {open_value, &opener, 0};
	struct path_root root;
	size_t i;

	if (!c->options.host)
		return;
	c->deferred = 0;
	for (i = 0; i < c->object_count; i++) {
		opener.object = c->objects[i];
		walk_object(&walk, &opener.object->body,
			    path_of(&root, opener.object->type, opener.object->shown,
				    opener.object->ordinal));
	}
}
