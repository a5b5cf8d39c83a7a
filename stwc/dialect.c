/* stw's own form and bare bodies, and what every dialect needs to make objects. */
#include "stwc/dialect.h"

#include "core/suggest.h"
#include "stwc/include.h"

static void offer_types(const struct file *file, struct suggestion *best, struct str name)
{
	size_t i;

	suggest_start(best, name);
	if (file->dialect == DIALECT_OWN) {
		suggest_offer(best, STR("include"));
		suggest_offer(best, STR("include-list"));
	}
	for (i = 0; i < file->c->schema->object_count; i++) {
		const struct schema_object *type = &file->c->schema->objects[i];

		if (type->kind != OBJECT_VIEW && !type->data)
			suggest_offer(best, str_c(type->name));
	}
}

/* What the same thing is called elsewhere, or was before 0.16, and what it is here. */
static const char *called_here(struct str name)
{
	static const struct {
		const char *there, *here;
	} words[] = {
		{"acme", "AcmeProvider"},
		{"alias", "MailingList, or aliases of an Account"},
		{"ban", "BlockedIp"},
		{"dkim", "DkimSignature"},
		{"fallbackAdmin", "the variable STALWART_RECOVERY_ADMIN of the server"},
		{"group", "Account with \"@type\": \"Group\""},
		{"individual", "Account with \"@type\": \"User\""},
		{"ldap", "Directory with \"@type\": \"Ldap\""},
		{"mailbox", "Account with \"@type\": \"User\""},
		{"milter", "MtaMilter"},
		{"principal", "Account, Domain, MailingList, Role or Tenant"},
		{"queue", "MtaVirtualQueue"},
		{"rateLimit", "MtaInboundThrottle or MtaOutboundThrottle"},
		{"rateLimiter", "MtaInboundThrottle or MtaOutboundThrottle"},
		{"relay", "MtaRoute with \"@type\": \"Relay\""},
		{"relayHost", "MtaRoute with \"@type\": \"Relay\""},
		{"smartHost", "MtaRoute with \"@type\": \"Relay\""},
		{"throttle", "MtaInboundThrottle or MtaOutboundThrottle"},
		{"tlsCertificate", "Certificate"},
		{"user", "Account with \"@type\": \"User\""},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_ascii_case(name, str_c(words[i].there)))
			return words[i].here;
	}
	return NULL;
}

/* A whole folder was named, and its project file is not part of the configuration. */
static bool is_project(const struct file *file, struct str name)
{
	struct str source = file->source->name;

	return (str_eq(source, STR("stw.toml")) || str_ends(source, STR("/stw.toml"))) &&
	       (str_eq(name, STR("image")) || str_eq(name, STR("sources")) ||
		str_eq(name, STR("levels")));
}

static void unknown_type(struct file *file, struct str name, struct span span)
{
	struct diags *diags = &file->c->diags;
	struct diag *diag = diag_add(diags, DIAG_UNKNOWN_TYPE, span,
				     "no object type is called '%.*s'", STR_ARG(name));
	struct suggestion best;
	const char *here;

	/* thousands of unknown keys are counted, not shown: they need no suggestion */
	if (!diag_kept(diags, diag))
		return;
	if (str_starts(name, STR("x:")))
		name = str_from(name, 2);
	offer_types(file, &best, name);
	/* one file of 0.15 settings has many such words */
	here = file->format == FORMAT_TOML ? NULL : called_here(name);
	if (is_project(file, name))
		diag_hint(diags, diag, "a project file is no source: say --all, or --image NAME");
	else if (here)
		diag_hint(diags, diag, "here it is %s", here);
	else if (best.best.n)
		diag_hint(diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	else if (file->format == FORMAT_TOML && name.n && name.p[0] >= 'a' && name.p[0] <= 'z')
		diag_hint(diags, diag, "for the 0.15 settings say --from settings");
	else
		diag_hint(diags, diag, "stwc schema lists the types");
}

/* A type of configuration that is called much like one of a server's data, where there is one. */
static void hint_not_data(struct file *file, struct diag *diag, struct str name)
{
	struct suggestion best;

	offer_types(file, &best, name);
	if (best.best.n && !str_eq(best.best, name))
		diag_hint(&file->c->diags, diag, "%.*s is configuration", STR_ARG(best.best));
}

/* The standard JMAP types carry a prefix in our rows, since two of their names are taken. */
static const struct schema_object *jmap_type(struct compilation *c, struct str name)
{
	struct str full = arena_printf(&c->arena, "jmap:%.*s", STR_ARG(name));

	return full.p ? schema_object_find(c->schema, full) : NULL;
}

const struct schema_object *file_type(struct file *file, struct str name, struct span span)
{
	struct compilation *c = file->c;
	const struct schema_object *type = schema_object_find(c->schema, name);

	if (!type)
		type = jmap_type(c, name);
	if (!type) {
		unknown_type(file, name, span);
		return NULL;
	}
	if (type->data && file->dialect == DIALECT_PLAN)
		return type;
	if (type->kind == OBJECT_VIEW || type->data) {
		struct diag *diag =
			diag_add(&c->diags, DIAG_NOT_CONFIGURATION, span,
				 type->kind == OBJECT_VIEW
					 ? "'%s' is a view, not a type of its own"
					 : "'%s' is data of a running server, not configuration",
				 type->name);

		if (type->kind == OBJECT_VIEW)
			diag_hint(&c->diags, diag, "it shows objects of %s", type->structure->name);
		else
			hint_not_data(file, diag, name);
		return NULL;
	}
	return type;
}

static void report_duplicate(struct file *file, const struct draft *draft,
			     const struct draft *first)
{
	struct diags *diags = &file->c->diags;
	struct diag *diag;

	if (draft->has_client_id)
		diag = diag_add(diags, DIAG_DUPLICATE_OBJECT, draft->span,
				"%s '%.*s' is given twice", draft->type->name,
				STR_ARG(draft->client_id));
	else
		diag = diag_add(diags, DIAG_DUPLICATE_OBJECT, draft->span, "%s is given twice",
				draft->type->name);
	diag_relate(diags, diag, first->span, "first given here");
	if (first->span.source != draft->span.source)
		diag_hint(diags, diag, "with --overlay the later file may change the earlier");
}

/* The draft is known under the name from here on, and this plan has had a hand in it. */
static bool note_draft(struct file *file, struct draft *draft, const struct draft *offer)
{
	struct compilation *c = file->c;
	struct plan_name name = {.type = offer->type,
				 .operation = file->operation,
				 .key = offer->span,
				 .draft = (size_t)(draft - c->state->drafts)};

	if (file->dialect != DIALECT_PLAN)
		return true;
	draft->touched = file->source->number;
	draft->touched_at = file->operation.begin;
	return !offer->has_client_id || plan_name_add(c, offer->client_id, &name);
}

/* The earlier draft takes the new one in. */
static bool join_draft(struct file *file, struct draft *first, const struct draft *draft)
{
	bool upsert = draft->kind == DRAFT_UPSERT;
	struct draft *named;

	if (upsert && first->touched == file->source->number &&
	    first->touched_at == file->operation.begin)
		diag_relate(&file->c->diags,
			    diag_add(&file->c->diags, DIAG_PLAN_LINE, draft->span,
				     "two objects of this operation are the same by matchOn"),
			    first->span, "the other one");
	if (draft->kind == DRAFT_CREATE && draft->type->kind == OBJECT_SINGLETON) {
		first->body = draft->body; /* a create overwrites (validation.md 3.4) */
		return true;
	}
	first->body = fold_merge(file->c, draft->type->structure, first->body, draft->body,
				 upsert && !file->overlay ? FOLD_SAME : FOLD_MUTABLE);
	if (upsert)
		first->kind = DRAFT_UPSERT;
	/* another variant begins anew, and its key is still the name that it goes by */
	if (!first->body || !draft_fill_key(file->c, first) || !match_changed(file->c, first) ||
	    !note_draft(file, first, draft))
		return false;
	named = draft->has_client_id ? draft_find(file->c, draft->type, draft->client_id) : first;
	return named || draft_alias(file->c, first, draft->client_id);
}

/* An overlay may name an object by its client id, or by its key. */
static bool find_by_key(struct compilation *c, const struct draft *draft, struct draft **out)
{
	const char *name = identity_field(draft->type);
	struct str field = str_c(name);
	struct match match = {&field, 1};
	struct node *probe = draft->body, *key;
	bool many;

	if (!name || probe->kind != NODE_MAP)
		return true;
	if (!node_map_find(probe, field)) {
		if (!draft->has_client_id)
			return true;
		probe = node_new(&c->arena, NODE_MAP, draft->span);
		key = node_string(&c->arena, draft->client_id, draft->span);
		if (!probe || !key ||
		    !node_map_append(&c->arena, &c->hash_key, probe, field, draft->span, key))
			return false;
	}
	return match_find(c, draft->type, &match, probe, out, &many);
}

/* An upsert finds its object by fields alone. */
static bool find_by_match(struct file *file, const struct draft *draft, const struct match *match,
			  struct draft **out)
{
	bool many = false;

	if (!match_find(file->c, draft->type, match, draft->body, out, &many))
		return false;
	if (many)
		diag_add(&file->c->diags, DIAG_PLAN_LINE, draft->span,
			 "this upsert fits more than one %s", draft->type->name);
	return true;
}

/* A plan knows nothing of the names of an earlier one, even of what it has named otherwise. */
static bool is_new_run(const struct file *file, const struct draft *draft, const struct draft *same)
{
	const struct plan_name *said;

	if (file->dialect != DIALECT_PLAN || !same->touched)
		return false;
	said = plan_name_at(file->c, draft->client_id, file->source->number, UINT32_MAX);
	return !said || said->type != draft->type;
}

/* Settles the draft in the file's compilation: into an earlier one, or as a new one. */
static bool settle_draft(struct file *file, const struct draft *draft, const struct match *match)
{
	struct compilation *c = file->c;
	bool named = draft->has_client_id || draft->type->kind == OBJECT_SINGLETON, joins;
	struct draft *same = NULL, *first = NULL, fresh;

	if (draft->check_only)
		return draft_add(c, draft) != NULL;
	if (named)
		same = draft_find(c, draft->type, draft->client_id);
	if (match && draft->body->kind == NODE_MAP && !find_by_match(file, draft, match, &first))
		return false;
	if (!first && file->overlay) {
		first = same;
		if (!first && !find_by_key(c, draft, &first))
			return false;
	}
	joins = first ||
		(same && draft->kind == DRAFT_CREATE && draft->type->kind == OBJECT_SINGLETON);
	if (joins)
		return join_draft(file, first ? first : same, draft);
	if (same && !is_new_run(file, draft, same)) {
		report_duplicate(file, draft, same);
		return true;
	}
	fresh = *draft;
	if (same && identity_field(draft->type)) {
		/* the key says who it is; two objects of one client id would be one too many */
		fresh.has_client_id = false;
		fresh.client_id = STR_NONE;
	}
	first = draft_add(c, &fresh);
	return first && note_draft(file, first, draft);
}

bool file_object(struct file *file, struct draft *offer, const struct match *match)
{
	struct compilation *c = file->c;

	offer->shapes = source_shapes(c, file->source->number, SHAPES_OWN);
	offer->target_strict = file->dialect == DIALECT_PLAN;
	offer->check_only = offer->kind == DRAFT_PATCH || offer->type->data;
	offer->adds = offer->adds || file->overlay;
	file->last_packed = offer->type->packed;
	if (offer->type->packed && !offer->check_only)
		return offer->body->kind == NODE_POISON ||
		       (draft_fill_key(c, offer) && packed_append(c, offer));
	if (file->volatile_nodes) {
		offer->body = draft_keep(c, offer->body, file->source);
		if (offer->has_client_id)
			offer->client_id = draft_keep_str(c, offer->client_id, file->source);
		if (!offer->body || (offer->has_client_id && !offer->client_id.p))
			return false;
	}
	return settle_draft(file, offer, match);
}

static bool own_container(struct file *file, const struct schema_object *type,
			  const struct reader_element *element)
{
	struct node *value = element->value;

	if (value->kind == NODE_POISON || element->container_only)
		return true;
	diag_add(&file->c->diags, DIAG_WRONG_TYPE, value->span,
		 "%s takes a map from names to objects, or a list of objects, not %s", type->name,
		 node_kind_name(value));
	return true;
}

/* The type of objects that come one by one, looked up with the first of them. */
static const struct schema_object *split_type(struct file *file, struct str key)
{
	if (key.p != file->split_key.p || key.n != file->split_key.n) {
		file->split_key = key;
		file->split_type = schema_object_find(file->c->schema, key);
	}
	return file->split_type;
}

bool dialect_own(struct file *file, const struct reader_element *element)
{
	const struct schema_object *type;
	struct draft offer = {
		.span = element->value->span, .ordinal = element->ordinal, .body = element->value};

	if (!element->has_sub_key && !element->is_member) {
		if (include_is_key(element->key))
			return include_offer(file, NULL, element);
		/* for editors: JSON has no comment to say it in */
		if (str_eq(element->key, STR("$schema")) && element->value->kind == NODE_STRING)
			return true;
	}
	/* a split type is asked for again with each entry: only the first complains */
	if (element->has_sub_key || element->is_member)
		type = split_type(file, element->key);
	else
		type = file_type(file, element->key, element->key_span);
	if (!type || type->data || type->kind == OBJECT_VIEW) {
		if (type && element->ordinal == 0)
			(void)file_type(file, element->key, element->key_span);
		return true;
	}
	if (type->packed && element->has_sub_key && include_is_list(element->sub_key))
		return include_offer(file, type, element);
	offer.type = type;
	offer.has_client_id = element->has_sub_key;
	offer.client_id = element->has_sub_key ? element->sub_key : STR_NONE;
	if (type->kind == OBJECT_SINGLETON)
		offer.span = element->key_span;
	else if (element->has_sub_key)
		offer.span = element->sub_key_span;
	else if (!element->is_member)
		return own_container(file, type, element);
	return file_object(file, &offer, NULL);
}

/* Skips blanks and comments; the offset of what follows. */
static size_t skip_blank(struct str text)
{
	size_t at = 0;

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < text.n) {
		char ch = text.p[at];

		if (ch == '#') {
			while (at < text.n && text.p[at] != '\n')
				at++;
		} else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n') {
			at++;
		} else {
			break;
		}
	}
	return at;
}

bool file_collect(struct file *file, const struct reader_element *element)
{
	struct compilation *c = file->c;
	struct node *value = element->value;

	if (!file->whole)
		file->whole = node_new(&c->arena, NODE_MAP, element->key_span);
	if (!file->whole)
		return false;
	if (file->volatile_nodes)
		value = draft_keep(c, value, file->source);
	return value && node_map_append(&c->arena, &c->hash_key, file->whole, element->key,
					element->key_span, value);
}

/* Over a map the entries are the fields of one body; else each element is a body. */
bool dialect_bodies(struct file *file, const struct reader_element *element)
{
	struct draft offer = {.type = file->implied,
			      .span = element->value->span,
			      .ordinal = element->ordinal,
			      .body = element->value};

	return element->has_key ? file_collect(file, element) : file_object(file, &offer, NULL);
}

/* `{}` is the body of an object that leaves everything out; a file without any text is nothing. */
static bool collect_empty(struct file *file)
{
	struct str text = file->source->text;
	size_t at = skip_blank(text);
	struct span span = {file->source->number, (uint32_t)at, (uint32_t)text.n};

	if (at == text.n)
		return true;
	file->whole = node_new(&file->c->arena, NODE_MAP, span);
	return file->whole != NULL;
}

bool dialect_bodies_end(struct file *file)
{
	struct draft offer = {.type = file->implied};

	if (file->empty_body && !collect_empty(file))
		return false;
	if (!file->whole)
		return true;
	offer.body = file->whole;
	offer.span = file->whole->span;
	file->volatile_nodes = false; /* kept already */
	return file_object(file, &offer, NULL);
}

/* The first words of the keys of 0.15 (facts of the settings reference; validation.md 6.3, 6.4). */
static bool is_settings_root(struct str word)
{
	static const char *const roots[] = {
		"account",     "acme",         "asn",         "auth",         "authentication",
		"cache",       "calendar",     "certificate", "changes",      "cluster",
		"config",      "contacts",     "dav",         "directory",    "email",
		"enterprise",  "file-storage", "form",        "global",       "http",
		"http-lookup", "imap",         "jmap",        "limiter",      "lookup",
		"management",  "metrics",      "oauth",       "object-quota", "pop3",
		"queue",       "remote",       "report",      "resolver",     "server",
		"session",     "sharing",      "sieve",       "signature",    "smtp",
		"spam-filter", "storage",      "store",       "tracer",       "tracing",
		"version",     "webadmin",     "webhook",
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(roots); i++) {
		if (str_eq_ascii_case(word, str_c(roots[i])))
			return true;
	}
	return false;
}

static bool is_type_name(const struct schema *schema, struct str word)
{
	size_t i;

	for (i = 0; i < schema->object_count; i++) {
		if (str_eq(word, str_c(schema->objects[i].name)))
			return true;
	}
	return false;
}

/* The first word of the text: of its first key or table header. */
static struct str first_word(struct str text)
{
	struct str rest = str_from(text, skip_blank(text));
	struct str word;

	while (rest.n && (*rest.p == '[' || *rest.p == '"' || *rest.p == ' '))
		rest = str_from(rest, 1);
	word = (struct str){rest.p, 0};
	while (word.n < rest.n && (rest.p[word.n] == '-' || rest.p[word.n] == '_' ||
				   (rest.p[word.n] >= '0' && rest.p[word.n] <= '9') ||
				   (rest.p[word.n] >= 'A' && rest.p[word.n] <= 'Z') ||
				   (rest.p[word.n] >= 'a' && rest.p[word.n] <= 'z')))
		word.n++;
	return word;
}

/* Only what 0.15 knows chooses its dialect; anything else is TOML, and told so there. */
bool dialect_is_settings(const struct schema *schema, struct str text)
{
	struct str word = first_word(text);

	return is_settings_root(word) && !is_type_name(schema, word);
}

bool dialect_is_own_key(const struct schema *schema, struct str key)
{
	struct str word = {key.p, 0};
	size_t i;

	while (word.n < key.n && key.p[word.n] != '.')
		word.n++;
	if (is_settings_root(word))
		return false;
	/* the settings reader knows no case in table names */
	for (i = 0; i < schema->object_count; i++) {
		if (str_eq_ascii_case(word, str_c(schema->objects[i].name)))
			return true;
	}
	return false;
}
