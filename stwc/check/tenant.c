/*
 * Who may refer to whom (validation.md 4.2): an object of a tenant to objects of that tenant, an
 * account to what belongs to it. And how many objects a tenant may have.
 */
#include <inttypes.h>

#include "stwc/check/rules.h"
#include "stwc/walk.h"

#define QUOTA_COUNT 10

/* What each quota counts; the variant where only one counts. */
static const struct {
	const char *quota, *type, *variant;
} quotas[QUOTA_COUNT] = {
	{"maxAccounts", "Account", "User"},
	{"maxGroups", "Account", "Group"},
	{"maxDomains", "Domain", NULL},
	{"maxMailingLists", "MailingList", NULL},
	{"maxRoles", "Role", NULL},
	{"maxOauthClients", "OAuthClient", NULL},
	{"maxDkimKeys", "DkimSignature", NULL},
	{"maxDnsServers", "DnsServer", NULL},
	{"maxDirectories", "Directory", NULL},
	{"maxAcmeProviders", "AcmeProvider", NULL},
};

struct tenants {
	struct compilation *c;
	struct map counts; /* bytes of the id of a tenant to uint64_t[QUOTA_COUNT] */
	const struct object *object;
	const struct value *tenant; /* of that object */
	bool failed;
};

static const struct value *reference_of(const struct value_object *body, const char *name)
{
	const struct value *value = value_field_get(body, name);

	return value && value->kind == VALUE_REFERENCE ? value : NULL;
}

static bool same_target(const struct value *a, const struct value *b)
{
	if (a->reference.target || b->reference.target)
		return a->reference.target == b->reference.target;
	return str_eq(a->reference.written, b->reference.written);
}

/* Types whose objects belong to tenants are those that can say so. */
static bool has_field(const struct schema_structure *structure, struct str name)
{
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		if (structure->variants[i].body && has_field(structure->variants[i].body, name))
			return true;
	}
	return structure->field_count && schema_field_find(structure, name);
}

static void check_target(void *ctx, struct value *value, const struct path *path)
{
	struct tenants *t = ctx;
	const struct object *target;
	const struct value *theirs;
	struct diag *diag;

	if (value->kind != VALUE_REFERENCE || !value->reference.target)
		return;
	target = value->reference.target;
	if (target->poisoned || !has_field(target->type->structure, STR("memberTenantId")))
		return;
	theirs = reference_of(&target->body, "memberTenantId");
	if (theirs && same_target(theirs, t->tenant))
		return;
	diag = diag_add(&t->c->diags, DIAG_TENANT_SCOPE, value->span,
			"%s '%.*s' belongs to %s tenant, not to the one of this object",
			target->type->name, STR_ARG(target->identity), theirs ? "another" : "no");
	path_place(t->c, diag, t->object, path);
	diag_relate(&t->c->diags, diag, theirs ? theirs->span : target->span,
		    theirs ? "its tenant" : "it has no memberTenantId");
}

static void check_references(struct tenants *t)
{
	struct walk walk = {check_target, t, HOLDS_REFERENCES};
	struct path_root root;

	walk_object(&walk, &t->object->body,
		    path_of(&root, t->object->type, t->object->shown, t->object->ordinal));
}

/* The limit that the tenant sets, and the entry that sets it; NULL: none. 0 is taken for none. */
static const struct value *limit_of(const struct object *tenant, const char *quota)
{
	const struct value *map = value_field_get(&tenant->body, "quotas");
	size_t i;

	for (i = 0; map && map->kind == VALUE_MAP && i < map->map.count; i++) {
		const struct value_pair *pair = &map->map.pairs[i];

		if (strcmp(pair->key->member->name, quota) == 0)
			return pair->value->number ? pair->value : NULL;
	}
	return NULL;
}

static void count_against(struct tenants *t, size_t quota, uint64_t *counts)
{
	const struct object *tenant = t->tenant->reference.target;
	const struct value *limit = limit_of(tenant, quotas[quota].quota);
	struct path_root root;
	struct diag *diag;

	/* said once, at the first that is too many */
	if (!limit || ++counts[quota] != limit->number + 1)
		return;
	diag = diag_add(&t->c->diags, DIAG_OVER_QUOTA, t->object->span,
			"tenant '%.*s' may have %" PRIu64 " of these (%s)", STR_ARG(tenant->shown),
			limit->number, quotas[quota].quota);
	path_place(t->c, diag, t->object,
		   path_of(&root, t->object->type, t->object->shown, t->object->ordinal));
	diag_relate(&t->c->diags, diag, limit->span, "the quota");
}

static uint64_t *counts_of(struct tenants *t, const struct object *tenant)
{
	struct str key = {(const char *)&tenant->id, sizeof(tenant->id)};
	void **place = map_at(&t->counts, key);

	if (place && !*place)
		*place = ARENA_ARRAY(&t->c->arena, uint64_t, QUOTA_COUNT);
	t->failed = t->failed || !place || !*place;
	return place ? *place : NULL;
}

static void check_quota(struct tenants *t)
{
	const struct schema_variant *variant = t->object->body.variant;
	uint64_t *counts;
	size_t i;

	if (!t->tenant->reference.target ||
	    !value_field_get(&t->tenant->reference.target->body, "quotas"))
		return;
	counts = counts_of(t, t->tenant->reference.target);
	for (i = 0; counts && i < QUOTA_COUNT; i++) {
		if (strcmp(quotas[i].type, t->object->type->name) == 0 &&
		    (!quotas[i].variant ||
		     (variant && strcmp(variant->name, quotas[i].variant) == 0)))
			count_against(t, i, counts);
	}
}

void check_tenants(struct compilation *c)
{
	struct tenants t = {.c = c};
	size_t i;

	map_init(&t.counts, &c->hash_key, NULL);
	for (i = 0; i < c->object_count && !t.failed; i++) {
		t.object = c->objects[i];
		t.tenant = reference_of(&t.object->body, "memberTenantId");
		if (!t.tenant)
			continue;
		check_references(&t);
		check_quota(&t);
	}
	map_free(&t.counts);
}

/* An account's own key, and nobody else's, encrypts its mail. */
void rule_own_key(const struct rule *rule, const struct value *value)
{
	const struct value *key, *owner;

	if (value->object.variant == NULL)
		return;
	key = reference_of(&value->object, "publicKey");
	if (!key || !key->reference.target || key->reference.target->poisoned)
		return;
	owner = reference_of(&key->reference.target->body, "accountId");
	if (owner && owner->reference.target == rule->object)
		return;
	/* a server's own id may well be this account */
	if (!owner || !owner->reference.target)
		return;
	diag_relate(&rule->c->diags,
		    rule_error(rule, DIAG_ACCOUNT_SCOPE, key,
			       "the key belongs to another account, '%.*s'",
			       STR_ARG(owner->reference.target->shown)),
		    owner->span, "its account");
}
