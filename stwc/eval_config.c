/* What a configuration knows of the things that expressions look up: its domains, the addresses in
 * them, and lookups that stand in it. What comes from elsewhere needs an answer. */
#include <stdio.h>

#include "stwc/eval.h"

static const struct schema_object *load(struct eval *e, const char *name)
{
	const struct schema_object *type = schema_object_find(e->view->c.schema, str_c(name));

	return type && view_load(e->view, type) ? type : NULL;
}

/* The next object of a type behind place *at, which moves on; NULL: there is no other. */
static const struct object *next_of(const struct eval *e, const struct schema_object *type,
				    size_t *at)
{
	while (type && *at < e->view->c.object_count) {
		const struct object *object = e->view->c.objects[(*at)++];

		if (object->type == type)
			return object;
	}
	return NULL;
}

static struct str text_of(const struct value_object *body, const char *field)
{
	const struct value *value = value_field_get(body, field);

	return value && value->kind == VALUE_STRING ? value->string : STR_NONE;
}

static bool is_false(const struct value_object *body, const char *field)
{
	const struct value *value = value_field_get(body, field);

	return value && value->kind == VALUE_BOOL && !value->boolean;
}

static bool among(const struct value_object *body, const char *field, struct str text)
{
	const struct value *set = value_field_get(body, field);

	for (size_t i = 0; set && set->kind == VALUE_SEQUENCE && i < set->sequence.count; i++)
		if (set->sequence.items[i]->kind == VALUE_STRING &&
		    str_eq_ascii_case(set->sequence.items[i]->string, text))
			return true;
	return false;
}

static bool is_domain(const struct object *domain, struct str name)
{
	return str_eq_ascii_case(domain->identity, name) || among(&domain->body, "aliases", name);
}

const struct object *eval_config_domain(struct eval *e, struct str name)
{
	const struct schema_object *type = load(e, "Domain");
	const struct object *domain;
	size_t at = 0;

	while ((domain = next_of(e, type, &at)))
		if (is_domain(domain, name))
			return domain;
	return NULL;
}

/* Sources know the object that is meant, images its id. */
static bool refers_to(const struct value *value, const struct object *object)
{
	if (!value || value->kind != VALUE_REFERENCE)
		return false;
	if (value->reference.target)
		return value->reference.target == object;
	return !value->reference.literal && value->reference.id == object->id;
}

/* "name" and "domainId" of an account, a list or an alias make an address. */
static bool is_address(const struct value_object *body, struct str local,
		       const struct object *domain)
{
	return refers_to(value_field_get(body, "domainId"), domain) &&
	       str_eq_ascii_case(text_of(body, "name"), local);
}

static bool has_address(const struct value_object *body, struct str local,
			const struct object *domain)
{
	const struct value *aliases = value_field_get(body, "aliases");

	if (is_address(body, local, domain))
		return true;
	for (size_t i = 0;
	     aliases && aliases->kind == VALUE_SEQUENCE && i < aliases->sequence.count; i++) {
		const struct value *alias = aliases->sequence.items[i];

		if (alias->kind == VALUE_OBJECT && !is_false(&alias->object, "enabled") &&
		    is_address(&alias->object, local, domain))
			return true;
	}
	return false;
}

const struct object *eval_config_address(struct eval *e, struct str address)
{
	static const char *const types[] = {"Account", "MailingList"};
	const char *sign = address.n ? memrchr(address.p, '@', address.n) : NULL;
	struct str local = {address.p, sign ? (size_t)(sign - address.p) : 0};
	const struct object *domain, *object;

	domain = sign ? eval_config_domain(e, str_from(address, local.n + 1)) : NULL;
	for (size_t i = 0; domain && i < ARRAY_LEN(types); i++) {
		const struct schema_object *type = load(e, types[i]);
		size_t at = 0;

		while ((object = next_of(e, type, &at)))
			if (has_address(&object->body, local, domain))
				return object;
	}
	return NULL;
}

/* Globs of lookups: "*", "?" and a backslash before a character (validation.md 2.6). */
static bool glob_matches(struct str glob, struct str text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.n) {
		bool escape = g + 1 < glob.n && glob.p[g] == '\\';

		if (g < glob.n && glob.p[g] == '*') {
			star = g++;
			from = t;
		} else if (g < glob.n && !escape && glob.p[g] == '?') {
			g++;
			t++;
		} else if (g < glob.n && glob.p[g + escape] == text.p[t]) {
			g += 1u + escape;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (g < glob.n && glob.p[g] == '*')
		g++;
	return g == glob.n;
}

static bool is_key(const struct value_object *body, struct str key)
{
	const struct value *glob = value_field_get(body, "isGlobPattern");
	struct str written = text_of(body, "key");

	if (glob && glob->kind == VALUE_BOOL && glob->boolean)
		return glob_matches(written, key);
	return str_eq(written, key);
}

/* False: no object of the configuration has a key of that namespace. */
static bool look_up(struct eval *e, struct str namespace, struct str key, bool exists,
		    struct interp_value *out)
{
	static const char *const types[] = {"MemoryLookupKey", "MemoryLookupKeyValue"};
	bool known = false;
	const struct object *object;
	struct interp_value found = {.kind = INTERP_TEXT};

	if (exists)
		found = (struct interp_value){.kind = INTERP_INTEGER, .integer = 0};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct schema_object *type = load(e, types[i]);
		size_t at = 0;

		while ((object = next_of(e, type, &at))) {
			if (!str_eq(text_of(&object->body, "namespace"), namespace))
				continue;
			known = true;
			if (!is_key(&object->body, key))
				continue;
			if (exists)
				found.integer = 1;
			else
				found.text = text_of(&object->body, "value");
		}
	}
	if (known)
		*out = found;
	return known;
}

bool eval_config_call(struct eval *e, const struct interp_call *call, struct interp_value *out)
{
	const struct interp_value *a = call->arguments;
	struct interp_value truth = {.kind = INTERP_INTEGER, .integer = 0};

	switch (call->function->number) {
	case STW_FUNCTION_IS_LOCAL_DOMAIN:
		truth.integer = eval_config_domain(e, a[0].text) != NULL;
		break;
	case STW_FUNCTION_IS_LOCAL_ADDRESS:
		truth.integer = eval_config_address(e, a[0].text) != NULL;
		break;
	case STW_FUNCTION_KEY_EXISTS: return look_up(e, a[0].text, a[1].text, true, out);
	case STW_FUNCTION_KEY_GET: return look_up(e, a[0].text, a[1].text, false, out);
	default: return false; /* the others ask what is outside */
	}
	*out = truth;
	return true;
}

static const struct object *settings(struct eval *e)
{
	size_t at = 0;

	return next_of(e, load(e, "SystemSettings"), &at);
}

/* The one that is named, or the only one there is. */
static const struct object *default_domain(struct eval *e)
{
	const struct schema_object *type = load(e, "Domain");
	const struct object *object = settings(e), *domain, *last = NULL;
	const struct value *named =
		object ? value_field_get(&object->body, "defaultDomainId") : NULL;
	size_t at = 0, count = 0;

	while ((domain = next_of(e, type, &at))) {
		if (refers_to(named, domain))
			return domain;
		last = domain;
		count++;
	}
	return named || count != 1 ? NULL : last;
}

void eval_config_system(struct eval *e, enum stw_system number, struct interp_value *out)
{
	const struct object *object = number == STW_SYSTEM_DOMAIN ? default_domain(e) : settings(e);
	struct str text = STR_NONE;

	if (object && number == STW_SYSTEM_DOMAIN)
		text = object->identity;
	else if (object && number == STW_SYSTEM_HOSTNAME)
		text = text_of(&object->body, "defaultHostname");
	if (text.n)
		*out = (struct interp_value){.kind = INTERP_TEXT, .text = text};
}
