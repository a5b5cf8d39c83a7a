/*
 * Bootstrap: the form that a new server fills in once, turned into the objects that the server
 * would make of it (validation.md 7). The account and the tasks that go with them belong to the
 * running server and are not configuration.
 */
#include "base/buf.h"
#include "stwc/bind.h"
#include "stwc/bootstrap.h"

struct bootstrap {
	struct compilation *c;
	struct draft draft; /* of the Bootstrap itself */
	struct node *body;
};

const struct bootstrap_part bootstrap_parts[BOOTSTRAP_PARTS] = {
	{"dataStore", "DataStore", NULL, NULL},
	{"blobStore", "BlobStore", NULL, NULL},
	{"searchStore", "SearchStore", NULL, NULL},
	{"inMemoryStore", "InMemoryStore", NULL, NULL},
	{"tracer", "Tracer", "tracer", NULL},
	{"directory", "Directory", "directory", "Internal"},
	{"dnsServer", "DnsServer", "dns", "Manual"},
};

static bool has_variant(const struct node *value, const char *name)
{
	const struct node *type =
		value && value->kind == NODE_MAP ? node_map_get(value, STR("@type")) : NULL;

	return type && type->kind == NODE_STRING && str_eq_c(type->string, name);
}

static bool flag(const struct bootstrap *b, const char *field)
{
	const struct node *value = node_map_get(b->body, str_c(field));

	return !value || value->kind != NODE_BOOL || value->boolean; /* both are true by default */
}

static bool add(struct bootstrap *b, const char *type, const char *client_id, struct node *body)
{
	struct draft draft = {.type = schema_object_find(b->c->schema, str_c(type)),
			      .has_client_id = client_id != NULL,
			      .client_id = str_c(client_id),
			      .span = b->draft.span,
			      .body = body,
			      .shapes = b->draft.shapes};

	return draft.type && body && draft_add(b->c, &draft) != NULL;
}

static bool add_json(struct bootstrap *b, const char *type, const char *client_id, struct buf *json)
{
	struct str text = json->failed ? STR_NONE : arena_str(&b->c->arena, buf_str(json));
	struct source source = {.text = text};
	struct node *body = NULL;

	buf_free(json);
	if (text.p)
		body = reader_whole(FORMAT_JSON, &source, &b->c->diags, &b->c->hash_key,
				    &b->c->arena);
	return add(b, type, client_id, body);
}

/* A property as the source wrote it, else the reference's default. */
static bool add_part(struct bootstrap *b, const struct bootstrap_part *part)
{
	const struct schema_field *field =
		schema_field_find(b->draft.type->structure, str_c(part->property));
	struct node *value = node_map_get(b->body, str_c(part->property));
	struct buf json = BUF_INIT;

	if (part->none &&
	    (!value || has_variant(value, part->none) || has_variant(value, "Deprecated1")))
		return true;
	if (value)
		return add(b, part->type, part->client_id, value);
	if (!field || !field->default_json)
		return false;
	buf_puts(&json, str_c(field->default_json));
	return add_json(b, part->type, part->client_id, &json);
}

static struct str text_of(const struct bootstrap *b, const char *field)
{
	const struct node *value = node_map_get(b->body, str_c(field));

	return value && value->kind == NODE_STRING ? value->string : STR("");
}

static bool add_acme(struct bootstrap *b, bool dns)
{
	struct buf json = BUF_INIT, contact = BUF_INIT;

	buf_printf(&contact, "postmaster@%.*s", STR_ARG(text_of(b, "defaultDomain")));
	buf_printf(&json,
		   "{\"directory\":\"https://acme-v02.api.letsencrypt.org/directory\","
		   "\"challengeType\":\"%s\",\"contact\":{",
		   dns ? "Dns01" : "TlsAlpn01");
	buf_put_json(&json, buf_str(&contact));
	buf_puts(&json, STR(":true}}"));
	if (contact.failed)
		json.failed = true;
	buf_free(&contact);
	return add_json(b, "AcmeProvider", "letsencrypt", &json);
}

static bool add_domain(struct bootstrap *b, bool acme, bool dns, bool directory)
{
	struct buf json = BUF_INIT;

	buf_puts(&json, STR("{\"name\":"));
	buf_put_json(&json, text_of(b, "defaultDomain"));
	buf_puts(&json, acme ? STR(",\"certificateManagement\":{\"@type\":\"Automatic\","
				   "\"acmeProviderId\":\"#letsencrypt\"}")
			     : STR(",\"certificateManagement\":{\"@type\":\"Manual\"}"));
	buf_printf(&json, ",\"dkimManagement\":{\"@type\":\"%s\"}",
		   flag(b, "generateDkimKeys") ? "Automatic" : "Manual");
	if (dns)
		buf_puts(&json,
			 STR(",\"dnsManagement\":{\"@type\":\"Automatic\",\"dnsServerId\":\"#dns\","
			     "\"publishRecords\":{\"autoConfig\":true,\"autoConfigLegacy\":true,"
			     "\"autoDiscover\":true,\"dkim\":true,\"dmarc\":true,\"mtaSts\":true,"
			     "\"spf\":true,\"srv\":true,\"tlsRpt\":true}}"));
	else
		buf_puts(&json, STR(",\"dnsManagement\":{\"@type\":\"Manual\"}"));
	if (directory)
		buf_puts(&json, STR(",\"directoryId\":\"#directory\""));
	buf_putc(&json, '}');
	return add_json(b, "Domain", "default", &json);
}

static bool add_settings(struct bootstrap *b)
{
	struct buf json = BUF_INIT;

	buf_puts(&json, STR("{\"defaultDomainId\":\"#default\",\"defaultHostname\":"));
	buf_put_json(&json, text_of(b, "serverHostname"));
	buf_putc(&json, '}');
	return add_json(b, "SystemSettings", NULL, &json);
}

static bool expand(struct bootstrap *b)
{
	struct node *directory = node_map_get(b->body, STR("directory"));
	struct node *dns = node_map_get(b->body, STR("dnsServer"));
	bool external = directory && !has_variant(directory, "Internal");
	bool automatic = dns && !has_variant(dns, "Manual") && !has_variant(dns, "Deprecated1");
	bool acme = flag(b, "requestTlsCertificate");
	/* an update may leave to the server what it knows already; a fragment, what lies elsewhere
	 */
	bool named = text_of(b, "serverHostname").n && text_of(b, "defaultDomain").n;
	size_t i;

	for (i = 0; i < BOOTSTRAP_PARTS; i++) {
		if (!add_part(b, &bootstrap_parts[i]))
			return false;
	}
	return !named || ((!acme || add_acme(b, automatic)) &&
			  add_domain(b, acme, automatic, external) && add_settings(b));
}

static struct draft *find_bootstrap(struct compilation *c, size_t *out_live)
{
	struct draft *found = NULL;
	size_t i;

	*out_live = 0;
	for (i = 0; i < c->state->draft_count; i++) {
		struct draft *draft = &c->state->drafts[i];

		*out_live += !draft->dropped;
		if (!draft->dropped && strcmp(draft->type->name, "Bootstrap") == 0)
			found = draft;
	}
	return found;
}

bool bootstrap_expand(struct compilation *c)
{
	struct bootstrap b = {.c = c};
	struct object *object;
	struct draft *draft;
	size_t live, errors = c->diags.errors;

	draft = find_bootstrap(c, &live);
	if (!draft)
		return true;
	draft->dropped = true;
	if (live > 1 || c->packed_count) {
		diag_add(&c->diags, DIAG_BOOTSTRAP_ALONE, draft->span,
			 "Bootstrap must be the only object, because it stands for a whole "
			 "configuration");
		return true;
	}
	b.draft = *draft;
	b.body = draft->body;
	object = bind_draft(c, &b.draft);
	if (!object)
		return false;
	if (object->poisoned || c->diags.errors != errors)
		return true;
	c->inline_secrets = 0; /* counted again where the parts are bound */
	return expand(&b);
}
