#include "unit.h"

#include "base/buf.h"
#include "schemas/schema.h"

static const struct schema *const schema = &schema_builtin;

static const struct schema_structure *type(const char *name)
{
	const struct schema_structure *s = schema_structure_find(schema, str_c(name));

	if (!s)
		fail_msg("there is no type %s", name);
	return s;
}

static const struct schema_field *field(const char *of, const char *name)
{
	const struct schema_field *f = schema_field_find(type(of), str_c(name));

	if (!f)
		fail_msg("there is no field %s.%s", of, name);
	return f;
}

static const struct schema_object *object(const char *name)
{
	const struct schema_object *o = schema_object_find(schema, str_c(name));

	if (!o)
		fail_msg("there is no object type %s", name);
	return o;
}

/* The 0.16.19 reference: 150 object types, 381 schemas, 316 field tables, 153 enums. What a
 * release removed is not counted: it is not in that reference any more. */
static void counts(void **state)
{
	size_t schemas = 0, tables = 0, kinds[3] = {0}, members = 0;

	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++) {
		if (schema->structures[i].until)
			continue;
		schemas++;
		tables += schema->structures[i].kind == STRUCTURE_SINGLE;
	}
	for (size_t i = 0; i < schema->object_count; i++)
		kinds[schema->objects[i].kind]++;
	for (size_t i = 0; i < schema->enum_count; i++)
		members += schema->enums[i].count;
	assert_string_equal(schema->version, "0.16.19");
	assert_int_equal(schema->object_count, 150);
	assert_int_equal(kinds[OBJECT_COLLECTION], 64);
	assert_int_equal(kinds[OBJECT_SINGLETON], 59);
	assert_int_equal(kinds[OBJECT_VIEW], 27);
	assert_int_equal(schemas, 381);
	assert_int_equal(tables, 316);
	assert_int_equal(schema->enum_count, 153);
	assert_int_equal(members, 3704);
	assert_int_equal(strlen(schema->digest), 64);
}

static void every_name_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];

		assert_ptr_equal(type(s->name), s);
		assert_ptr_equal(schema_structure_numbered(schema, s->number), s);
		for (size_t f = 0; f < s->field_count; f++) {
			assert_ptr_equal(field(s->name, s->fields[f].name), &s->fields[f]);
			assert_ptr_equal(schema_field_numbered(s, s->fields[f].number),
					 &s->fields[f]);
		}
		for (size_t v = 0; v < s->variant_count; v++) {
			assert_ptr_equal(schema_variant_find(s, str_c(s->variants[v].name)),
					 &s->variants[v]);
			assert_ptr_equal(schema_variant_numbered(s, s->variants[v].number),
					 &s->variants[v]);
		}
	}
	for (size_t i = 0; i < schema->enum_count; i++) {
		const struct schema_enum *e = &schema->enums[i];

		assert_ptr_equal(schema_enum_find(schema, str_c(e->name)), e);
		for (size_t m = 0; m < e->count; m++) {
			assert_ptr_equal(schema_enum_member_find(e, str_c(e->members[m].name)),
					 &e->members[m]);
			assert_ptr_equal(schema_enum_member_numbered(e, e->members[m].number),
					 &e->members[m]);
		}
	}
}

static void objects_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema->object_count; i++) {
		const struct schema_object *o = &schema->objects[i];

		assert_ptr_equal(object(o->name), o);
		if (o->kind != OBJECT_VIEW)
			assert_ptr_equal(o->structure->object, o);
	}
	assert_ptr_equal(object("x:NetworkListener"), object("NetworkListener"));
	assert_string_equal(object("NetworkListener")->wire_name, "x:NetworkListener");
	assert_string_equal(object("AddressBook")->wire_name, "x:AddressBook");
	assert_string_equal(object("jmap:AddressBook")->wire_name, "AddressBook");
	assert_string_equal(object("jmap:AddressBook")->permission_prefix, "jmapAddressBook");
	assert_ptr_equal(object("Account/Group")->structure, type("Account"));
	assert_string_equal(object("Account/Group")->variant, "Group");
}

static void nothing_is_found(void **state)
{
	(void)state;
	assert_null(schema_structure_find(schema, STR("networklistener")));
	assert_null(schema_structure_find(schema, STR("")));
	assert_null(schema_structure_numbered(schema, 0));
	assert_null(schema_structure_numbered(schema, 0x8000));
	assert_null(schema_object_find(schema, STR("x:Rate")));
	assert_null(schema_enum_find(schema, STR("zzz")));
	assert_null(schema_field_find(type("Rate"), STR("counts")));
	assert_null(schema_field_find(type("Tracer"), STR("path")));
	assert_null(schema_field_numbered(type("Rate"), 0));
	assert_null(schema_field_numbered(type("Rate"), 3));
	assert_null(schema_variant_find(type("Tracer"), STR("log")));
	assert_null(schema_variant_numbered(type("Tracer"), 0));
	assert_null(
		schema_enum_member_find(schema_enum_find(schema, STR("TlsVersion")), STR("tls11")));
	assert_null(schema_variables_find(schema, "any"));
}

static void numbers_are_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];

		assert_in_range(s->number, 1, 0x7fff);
		for (size_t k = i + 1; k < schema->structure_count; k++)
			assert_int_not_equal(s->number, schema->structures[k].number);
		for (size_t f = 0; f < s->field_count; f++)
			for (size_t k = f + 1; k < s->field_count; k++)
				assert_int_not_equal(s->fields[f].number, s->fields[k].number);
	}
}

/* validation.md 2.4: variable group, constant group, how many properties. */
static const struct {
	const char *variables, *constants;
	size_t count;
} contexts[] = {
	{"any", NULL, 1},
	{"HTTP", NULL, 1},
	{"CONNECTION", NULL, 9},
	{"CONNECTION", "VERIFY", 3},
	{"EHLO", NULL, 3},
	{"EHLO", "AUTH_TYPE", 1},
	{"MAIL_FROM", NULL, 21},
	{"MAIL_FROM", "PRIORITY", 1},
	{"RCPT_TO", NULL, 32},
	{"RCPT_TO", "AGGREGATE", 1},
	{"RCPT_TO", "VERIFY", 3},
	{"RCPT", NULL, 1},
	{"RCPT_DOMAIN", NULL, 8},
	{"QUEUE_SENDER", NULL, 3},
	{"QUEUE_RCPT", NULL, 2},
	{"QUEUE_HOST", NULL, 11},
	{"QUEUE_HOST", "AGGREGATE", 1},
	{"SPAM_GENERIC", NULL, 6},
	{"SPAM_EMAIL", NULL, 2},
	{"SPAM_IP", NULL, 9},
	{"SPAM_HEADER", NULL, 2},
	{"SPAM_URL", NULL, 2},
};

static void count_context(const struct schema_field *f, size_t *found)
{
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++)
		if (strcmp(f->variables, contexts[i].variables) == 0 &&
		    str_eq(str_c(f->constants), str_c(contexts[i].constants)))
			found[i]++;
}

static void expressions(void **state)
{
	size_t found[ARRAY_LEN(contexts)] = {0}, all = 0, required = 0, without_default = 0;

	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++) {
		for (size_t k = 0; k < schema->structures[i].field_count; k++) {
			const struct schema_field *f = &schema->structures[i].fields[k];

			if (f->type->kind != TYPE_OBJECT ||
			    f->type->structure != type("Expression")) {
				assert_null(f->variables);
				continue;
			}
			all++;
			assert_non_null(f->variables);
			count_context(f, found);
			required += f->required;
			without_default += !f->default_json;
		}
	}
	assert_int_equal(all, 123);
	assert_int_equal(without_default, 25);
	assert_int_equal(required, 23);
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++)
		assert_int_equal(found[i], contexts[i].count);
}

static void groups(void **state)
{
	static const struct {
		const char *name;
		size_t count;
	} sizes[] = {
		{"HTTP", 11},       {"CONNECTION", 9},  {"EHLO", 10},         {"MAIL_FROM", 12},
		{"RCPT_TO", 17},    {"RCPT", 1},        {"RCPT_DOMAIN", 1},   {"QUEUE_SENDER", 8},
		{"QUEUE_RCPT", 17}, {"QUEUE_HOST", 20}, {"SPAM_DEFAULT", 40}, {"SPAM_GENERIC", 41},
		{"SPAM_EMAIL", 46}, {"SPAM_IP", 47},    {"SPAM_HEADER", 47},  {"SPAM_URL", 51}};

	(void)state;
	assert_int_equal(schema->variable_group_count, ARRAY_LEN(sizes));
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const struct schema_group *g = schema_variables_find(schema, sizes[i].name);

		assert_non_null(g);
		assert_int_equal(g->count, sizes[i].count);
	}
	assert_int_equal(schema->constant_group_count, 6);
	assert_int_equal(schema_constants_find(schema, "PRIORITY")->count, 3);
	assert_string_equal(schema_variables_find(schema, "EHLO")->members[9], "helo_domain");
}

/* The first rule of validation.md 1.8, without what follows from it for nested objects. */
static bool plainly_required(const struct schema_field *f)
{
	switch ((enum type_kind)f->type->kind) {
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE:
		return !f->type->nullable && !f->default_json && f->update != UPDATE_SERVER_SET;
	case TYPE_BOOLEAN:
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_DATE_TIME:
	case TYPE_ENUM:
	case TYPE_OBJECT:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: break;
	}
	return false;
}

static void required(void **state)
{
	size_t plain = 0;

	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++) {
		for (size_t k = 0; k < schema->structures[i].field_count; k++) {
			const struct schema_field *f = &schema->structures[i].fields[k];
			bool text = f->type->kind >= TYPE_STRING &&
				    f->type->kind <= TYPE_REFERENCE &&
				    f->type->kind != TYPE_DATE_TIME;

			plain += plainly_required(f);
			if (text && f->required != plainly_required(f))
				fail_msg("%s.%s", schema->structures[i].name, f->name);
			if (f->type->kind == TYPE_BOOLEAN || f->type->kind == TYPE_ENUM ||
			    f->type->kind == TYPE_MAP || f->type->nullable)
				assert_false(f->required);
		}
	}
	assert_int_not_equal(plain, 0);
	assert_true(field("SystemSettings", "defaultDomainId")->required);
	assert_true(field("NetworkListener", "bind")->required);
	assert_true(field("Certificate", "privateKey")->required);
	assert_true(field("MtaInboundThrottle", "rate")->required);
	assert_true(field("SpamRuleAny", "condition")->required);
	assert_false(field("MtaQueueQuota", "match")->required);
	assert_false(field("SieveSystemInterpreter", "defaultReturnPath")->required);
	assert_false(field("LdapDirectory", "bindSecret")->required);
	assert_false(field("MtaMilter", "stages")->required);
}

static const struct schema_key *key(const char *of, size_t n)
{
	assert_in_range(n, 0, object(of)->key_count - 1u);
	return &object(of)->keys[n];
}

static void keys(void **state)
{
	static const char *const identities[][2] = {
		{"AllowedIp", "address"},
		{"BlockedIp", "address"},
		{"ClusterRole", "name"},
		{"Domain", "name"},
		{"EventTracingLevel", "event"},
		{"HttpLookup", "namespace"},
		{"MtaConnectionStrategy", "name"},
		{"MtaDeliverySchedule", "name"},
		{"MtaRoute", "name"},
		{"MtaTlsStrategy", "name"},
		{"MtaVirtualQueue", "name"},
		{"NetworkListener", "name"},
		{"OAuthClient", "clientId"},
		{"SieveSystemScript", "name"},
		{"SieveUserScript", "name"},
		{"SpamDnsblServer", "name"},
		{"SpamFileExtension", "extension"},
		{"SpamRule", "name"},
		{"SpamTag", "tag"},
		{"StoreLookup", "namespace"},
	};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(identities); i++) {
		assert_true(key(identities[i][0], 0)->identity);
		assert_string_equal(key(identities[i][0], 0)->fields[0], identities[i][1]);
		assert_null(key(identities[i][0], 0)->fields[1]);
	}
	for (size_t i = 0; i < schema->object_count; i++)
		for (size_t k = 0; k < schema->objects[i].key_count; k++)
			found += schema->objects[i].keys[k].identity;
	assert_int_equal(found, ARRAY_LEN(identities));
	assert_int_equal(object("Tenant")->key_count, 0);
	assert_int_equal(object("Tracer")->key_count, 0);
}

static void key_scopes(void **state)
{
	(void)state;
	assert_string_equal(key("Domain", 1)->fields[0], "name");
	assert_string_equal(key("Domain", 2)->fields[0], "aliases");
	assert_string_equal(key("Domain", 2)->scope, key("Domain", 1)->scope);
	assert_false(key("Domain", 2)->identity);
	assert_string_equal(key("Account", 0)->scope, "email");
	assert_string_equal(key("Account", 0)->fields[1], "domainId");
	assert_string_equal(key("Account", 1)->fields[0], "aliases/name");
	assert_string_equal(key("MailingList", 0)->scope, "email");
	assert_string_equal(key("StoreLookup", 0)->scope, "namespace");
	assert_string_equal(key("MemoryLookupKey", 0)->scope, "namespace");
	assert_string_equal(key("MemoryLookupKeyValue", 0)->fields[1], "key");
	assert_null(key("NetworkListener", 0)->scope);
}

static void validators(void **state)
{
	(void)state;
	assert_int_equal(field("UserAccount", "name")->validator, VALIDATE_EMAIL_LOCAL_PART);
	assert_int_equal(field("EmailAlias", "name")->validator, VALIDATE_EMAIL_LOCAL_PART);
	assert_int_equal(field("Domain", "name")->validator, VALIDATE_DOMAIN);
	assert_int_equal(field("Domain", "catchAllAddress")->validator, VALIDATE_EMAIL);
	assert_int_equal(field("HurricaneCredential", "zone")->validator, VALIDATE_DOMAIN);
	assert_int_equal(field("SystemSettings", "defaultHostname")->validator, VALIDATE_HOSTNAME);
	assert_int_equal(field("MailExchanger", "hostname")->validator, VALIDATE_HOSTNAME);
	assert_int_equal(field("SpamRuleUrl", "name")->validator, VALIDATE_UPPERCASE);
	assert_int_equal(field("SpamDnsblServerAny", "name")->validator, VALIDATE_UPPERCASE);
	assert_int_equal(field("SpamTagScore", "tag")->validator, VALIDATE_UPPERCASE);
	assert_int_equal(field("SpamFileExtension", "extension")->validator, VALIDATE_LOWERCASE);
	assert_int_equal(field("NetworkListener", "name")->validator, VALIDATE_TRIM);
	assert_int_equal(field("WebHook", "url")->validator, VALIDATE_TRIM);
	assert_int_equal(field("HttpForm", "defaultFromAddress")->validator, VALIDATE_TRIM);
	assert_int_equal(field("SecretKeyValue", "secret")->validator, VALIDATE_NONE);
	assert_int_equal(field("AcmeProvider", "contact")->validator, VALIDATE_NONE);
}

static void assert_default(const char *of, const char *name, const char *json)
{
	assert_non_null(field(of, name)->default_json);
	assert_string_equal(field(of, name)->default_json, json);
}

static void defaults(void **state)
{
	(void)state;
	assert_default("NetworkListener", "tlsTimeout", "60000");
	assert_default("NetworkListener", "useTls", "true");
	assert_default("NetworkListener", "protocol", "\"smtp\"");
	assert_default("Security", "authBanRate", "{\"count\":100,\"period\":86400000}");
	assert_default("Http", "rateLimitAnonymous", "{\"count\":100,\"period\":60000}");
	assert_default("HttpForm", "rateLimit", "{\"count\":5,\"period\":3600000}");
	assert_default("DkimReportSettings", "fromName", "{\"else\":\"'Report Subsystem'\"}");
	assert_default("SystemSettings", "mailExchangers", "{\"0\":{\"priority\":10}}");
	assert_default("SieveUserInterpreter", "allowedNotifyUris", "{\"mailto\":true}");
	assert_default("Bootstrap", "tracer",
		       "{\"@type\":\"Log\",\"path\":\"/var/log/stalwart/\"}");
	assert_default("DataRetention", "expungeSchedule",
		       "{\"@type\":\"Daily\",\"hour\":0,\"minute\":0}");
	assert_default("FtrlParameters", "l2Ratio", "0.0001");
	assert_default("FtrlParameters", "alpha", "2");
	assert_null(field("NetworkListener", "tlsImplicit")->default_json);
}

static void defaults_of_holders(void **state)
{
	const struct schema_field *rate = field("Security", "authBanRate");
	struct schema_field odd = {.default_json = "{\"a\":{\"b\":\"c\\\":\"},\"d\":\"e\"}"};

	(void)state;
	assert_true(field("Rate", "period")->required);
	assert_true(schema_default_has(rate, STR("period")));
	assert_true(schema_default_has(rate, STR("count")));
	assert_false(schema_default_has(rate, STR("cou")));
	assert_false(schema_default_has(field("MtaInboundThrottle", "rate"), STR("count")));
	assert_true(schema_default_has(field("MtaStageEhlo", "require"), STR("else")));
	assert_true(schema_default_has(&odd, STR("a")));
	assert_true(schema_default_has(&odd, STR("d")));
	assert_false(schema_default_has(&odd, STR("b")));
	assert_false(schema_default_has(&odd, STR("e")));
}

static void assert_type(const char *of, const char *name, const char *expected)
{
	struct buf text = BUF_INIT;

	schema_type_print(&text, field(of, name)->type);
	assert_false(text.failed);
	assert_str(buf_str(&text), expected);
	buf_free(&text);
}

static void types(void **state)
{
	enum type_kind kind = TYPE_MAP;

	(void)state;
	assert_type("NetworkListener", "bind", "set of socketAddress");
	assert_type("NetworkListener", "maxConnections", "unsignedInteger?");
	assert_type("NetworkListener", "protocol", "enum NetworkListenerProtocol");
	assert_type("SystemSettings", "services", "map of enum ServiceProtocol to Service");
	assert_type("SystemSettings", "mailExchangers", "list of MailExchanger");
	assert_type("SystemSettings", "defaultDomainId", "reference to Domain");
	assert_type("UserAccount", "memberGroupIds", "set of reference to Account/Group");
	assert_type("Http", "rateLimitAnonymous", "object Rate?");
	assert_type("jmap:AddressBook", "shareWith",
		    "map of reference to jmap:Principal to AddressBookRights");
	assert_string_equal(field("UserAccount", "memberGroupIds")->type->element->target->variant,
			    "Group");
	assert_true(schema_type_kind_find(STR("duration"), &kind));
	assert_int_equal(kind, TYPE_DURATION);
	assert_false(schema_type_kind_find(STR("durations"), &kind));
}

/* Our own bounds, and nothing else, differ from the server. */
static void own_decisions(void **state)
{
	size_t own = 0;

	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++)
		for (size_t k = 0; k < schema->structures[i].field_count; k++)
			own += schema->structures[i].fields[k].own;
	assert_int_equal(own, 2);
	assert_true(field("NetworkListener", "socketTtl")->own);
	assert_true(field("NetworkListener", "socketTtl")->type->has_max);
	assert_true(field("NetworkListener", "socketTtl")->type->max == 255);
	assert_true(field("NetworkListener", "socketTosV4")->own);
	assert_true(field("NetworkListener", "socketTosV4")->type->max == 255);
	assert_true(field("NetworkListener", "socketTosV4")->type->min == 1);
}

static void sig0(void **state)
{
	const struct schema_variant *v = schema_variant_find(type("DnsServer"), STR("Sig0"));
	const struct schema_enum *mirror = schema_enum_find(schema, STR("DnsServerType"));

	(void)state;
	assert_non_null(v);
	assert_string_equal(v->until, "0.16.5");
	assert_true(v->deprecated);
	assert_ptr_equal(v->body, type("DnsServerSig0"));
	assert_string_equal(type("DnsServerSig0")->until, "0.16.5");
	assert_string_equal(field("DnsServerSig0", "signerName")->until, "0.16.5");
	v = schema_variant_find(type("DnsServerBootstrap"), STR("Sig0"));
	assert_non_null(v);
	assert_string_equal(v->until, "0.16.5");
	assert_null(schema_enum_member_find(mirror, STR("Sig0")));
	assert_non_null(schema_enum_member_find(mirror, STR("Tsig")));
}

static void versions(void **state)
{
	(void)state;
	assert_string_equal(field("S3Store", "verifyAfterWrite")->since, "0.16.2");
	assert_string_equal(field("Jmap", "maxPushSize")->since, "0.16.16");
	assert_string_equal(type("DnsServerAlidns")->since, "0.16.6");
	assert_string_equal(field("DnsServerAlidns", "region")->since, "0.16.6");
	assert_string_equal(schema_variant_find(type("DnsServer"), STR("Alidns"))->since, "0.16.6");
	assert_null(field("NetworkListener", "bind")->since);
	assert_true(schema_version_cmp("0.16.6", "0.16.19") < 0);
	assert_true(schema_version_cmp("0.16.19", "0.16.6") > 0);
	assert_int_equal(schema_version_cmp(NULL, "0.16.0"), 0);
	assert_int_equal(schema_version_cmp("0.16", "0.16.0"), 0);
	assert_true(schema_version_cmp("0.17", "0.16.19") > 0);
	assert_true(schema_version_cmp("1", NULL) > 0);
}

static void marks(void **state)
{
	size_t fields = 0, objects = 0;

	(void)state;
	for (size_t i = 0; i < schema->structure_count; i++)
		for (size_t k = 0; k < schema->structures[i].field_count; k++)
			fields += schema->structures[i].fields[k].enterprise;
	for (size_t i = 0; i < schema->object_count; i++)
		objects += schema->objects[i].enterprise;
	assert_int_equal(fields, 27);
	assert_int_equal(objects, 9);
	assert_true(object("BlockedIp")->packed);
	assert_true(object("AllowedIp")->packed);
	assert_false(object("NetworkListener")->packed);
	assert_true(object("jmap:Mailbox")->data);
	assert_true(object("Log")->data);
	assert_true(object("Action")->data);
	assert_false(object("Domain")->data);
	assert_false(object("TaskManager")->data);
}

static void reload_classes(void **state)
{
	(void)state;
	assert_int_equal(object("DataStore")->reload, RELOAD_RESTART);
	assert_int_equal(object("Cache")->reload, RELOAD_RESTART);
	assert_int_equal(object("NetworkListener")->reload, RELOAD_LIVE);
	assert_int_equal(object("BlockedIp")->reload, RELOAD_LIVE);
	assert_int_equal(field("NetworkListener", "socketBacklog")->reload, RELOAD_RESTART);
	assert_int_equal(field("NetworkListener", "socketReusePort")->reload, RELOAD_RESTART);
	assert_int_equal(field("NetworkListener", "useTls")->reload, RELOAD_NEW_SESSIONS);
	assert_int_equal(field("NetworkListener", "bind")->reload, RELOAD_LIVE);
	assert_int_equal(field("SystemSettings", "threadPoolSize")->reload, RELOAD_RESTART);
	assert_int_equal(field("SystemSettings", "maxConnections")->reload, RELOAD_LIVE);
}

static void enacted(void **state)
{
	(void)state;
	for (size_t i = 0; i < type("NetworkListener")->field_count; i++) {
		const struct schema_field *f = &type("NetworkListener")->fields[i];

		assert_int_equal(f->runtime, strcmp(f->name, "overrideProxyTrustedNetworks") != 0);
	}
	assert_true(object("NetworkListener")->runtime);
	assert_true(object("Tracer")->runtime);
	assert_true(object("SystemSettings")->runtime);
	assert_true(object("Metrics")->runtime);
	assert_false(object("DataStore")->runtime);
	assert_false(object("Role")->runtime);
	assert_true(object("Domain")->runtime);
	assert_false(field("Domain", "description")->runtime);
	assert_true(schema_variant_find(type("Tracer"), STR("Log"))->runtime);
	assert_false(schema_variant_find(type("Tracer"), STR("Journal"))->runtime);
	assert_true(field("SystemSettings", "threadPoolSize")->runtime);
	assert_true(field("SystemSettings", "services")->runtime);
	assert_false(field("SystemSettings", "defaultDomainId")->runtime);
	assert_false(field("Metrics", "openTelemetry")->runtime);
}

static void safe_defaults(void **state)
{
	const char *const *names = object("NetworkListener")->safe_defaults;

	(void)state;
	assert_non_null(names);
	assert_string_equal(names[0], "smtp");
	assert_string_equal(names[6], "http");
	assert_null(names[7]);
	assert_string_equal(object("MtaVirtualQueue")->safe_defaults[3], "report");
	assert_string_equal(object("Role")->safe_defaults[3], "System Administrator");
	assert_null(object("Certificate")->safe_defaults);
}

/* What a structure leads to, each once. */
struct walk {
	bool *seen;
	size_t rows;
};

static void walk(struct walk *w, const struct schema_structure *s)
{
	if (w->seen[s - schema->structures])
		return;
	w->seen[s - schema->structures] = true;
	if (!s->doc)
		fail_msg("%s has no sentence", s->name);
	for (size_t i = 0; i < s->field_count; i++) {
		const struct schema_type *t = s->fields[i].type;

		w->rows++;
		if (!s->fields[i].doc)
			fail_msg("%s.%s has no sentence", s->name, s->fields[i].name);
		t = t->element ? t->element : t;
		if (t->kind == TYPE_OBJECT)
			walk(w, t->structure);
	}
	for (size_t i = 0; i < s->variant_count; i++) {
		w->rows++;
		if (!s->variants[i].doc)
			fail_msg("%s@%s has no sentence", s->name, s->variants[i].name);
		if (s->variants[i].body)
			walk(w, s->variants[i].body);
	}
}

static void documented(void **state)
{
	static const char *const roots[] = {
		"NetworkListener",
		"SystemSettings",
		"BlockedIp",
		"AllowedIp",
		"Certificate",
		"Tracer",
		"Metrics",
		"Bootstrap",
		"Directory",
		"DnsServer",
		"Domain",
		"SecretKey",
		"SecretText",
		"SecretTextOptional",
		"SecretKeyOptional",
		"PublicText",
		"DataStore",
		"BlobStore",
		"SearchStore",
		"InMemoryStore",
		"MetricsStore",
		"TracingStore",
		"LookupStore",
		"PublicStringOptional",
	};
	struct walk w = {.seen = calloc(schema->structure_count, sizeof(bool))};

	(void)state;
	assert_non_null(w.seen);
	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		walk(&w, type(roots[i]));
	for (size_t i = 0; i < schema->object_count; i++)
		if (schema->objects[i].runtime)
			walk(&w, schema->objects[i].structure);
	free(w.seen);
	assert_in_range(w.rows, 1000, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(every_name_is_found),
		cmocka_unit_test(objects_are_found),
		cmocka_unit_test(nothing_is_found),
		cmocka_unit_test(numbers_are_apart),
		cmocka_unit_test(expressions),
		cmocka_unit_test(groups),
		cmocka_unit_test(required),
		cmocka_unit_test(keys),
		cmocka_unit_test(key_scopes),
		cmocka_unit_test(validators),
		cmocka_unit_test(defaults),
		cmocka_unit_test(types),
		cmocka_unit_test(own_decisions),
		cmocka_unit_test(sig0),
		cmocka_unit_test(versions),
		cmocka_unit_test(marks),
		cmocka_unit_test(reload_classes),
		cmocka_unit_test(enacted),
		cmocka_unit_test(safe_defaults),
		cmocka_unit_test(documented),
		cmocka_unit_test(defaults_of_holders),
	};

	return cmocka_run_group_tests_name("the object reference", tests, NULL, NULL);
}
