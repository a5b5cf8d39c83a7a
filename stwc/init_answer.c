/*
 * One answer: made a value of its field's type, put among the others, and compiled. The compiler
 * says what is wrong with it, by the same words as of a file; of what it says about other places,
 * which are not answered yet, nothing is heard.
 */
#include "base/num.h"
#include "base/utf8.h"
#include "core/suggest.h"
#include "stwc/bootstrap.h"
#include "stwc/check/lint.h"
#include "stwc/init.h"
#include "stwc/names.h"
#include "stwc/view_write.h"

#define LABEL_MAX 63
#define HOST_MAX 253

/* ---- a value of what was typed ---- */

static struct node *text_node(struct init *init, struct str s)
{
	return node_string(&init->arena, arena_str(&init->arena, s), SPAN_NONE);
}

static struct node *type_node(struct init *init, struct str variant, const char *field,
			      struct str value)
{
	struct node *map = node_new(&init->arena, NODE_MAP, SPAN_NONE);
	struct node *type = text_node(init, variant), *text = text_node(init, value);

	if (!map || !type || !text ||
	    !node_map_append(&init->arena, &init->hash_key, map, STR("@type"), SPAN_NONE, type) ||
	    (field &&
	     !node_map_append(&init->arena, &init->hash_key, map, str_c(field), SPAN_NONE, text)))
		return NULL;
	return map;
}

/* There is no such choice: says what there is. */
static struct node *no_choice(const struct init_question *q, struct str s, struct buf *why)
{
	const char *between = "one of ";
	struct init_choice choice;
	struct suggestion best;
	size_t at, count = 0;

	suggest_start(&best, s);
	for (at = 0; init_choice(q, &at, &choice); count++)
		suggest_offer(&best, choice.name);
	buf_printf(why, "there is no '%.*s' here; ", STR_ARG(s));
	if (best.best.n)
		buf_printf(why, "did you mean '%.*s'?", STR_ARG(best.best));
	else if (count > INIT_FEW)
		buf_printf(why, "? at the question shows all %zu there are", count);
	for (at = 0; !best.best.n && count <= INIT_FEW && init_choice(q, &at, &choice);
	     between = ", ")
		buf_printf(why, "%s%.*s", between, STR_ARG(choice.name));
	buf_putc(why, '\n');
	return NULL;
}

/* One that is not offered: of the past, or for a licence; a placeholder is none. */
static const struct schema_variant *find_withheld(const struct schema_type *type, struct str s)
{
	size_t i;

	for (i = 0; type->kind == TYPE_OBJECT && i < type->structure->variant_count; i++) {
		const struct schema_variant *variant = &type->structure->variants[i];

		if (variant->body && str_eq_ascii_case(s, str_c(variant->name)))
			return variant;
	}
	return NULL;
}

static struct node *choice_node(const struct init_question *q, struct str s, struct buf *why)
{
	const struct schema_type *type = q->field->type;
	const struct schema_variant *withheld;
	struct init_choice choice;
	size_t at = 0;

	while (init_choice(q, &at, &choice)) {
		if (!str_eq_ascii_case(s, choice.name))
			continue;
		return type->kind == TYPE_OBJECT ? type_node(q->init, choice.name, NULL, STR_NONE)
						 : text_node(q->init, choice.name);
	}
	withheld = find_withheld(type, s);
	if (!withheld)
		return no_choice(q, s, why);
	if (withheld->replaced_by)
		buf_printf(why, "%s is a thing of the past; %s took its place\n", withheld->name,
			   withheld->replaced_by);
	else
		buf_printf(why,
			   "%s needs an enterprise licence; who has one says --edition "
			   "enterprise\n",
			   withheld->name);
	return NULL;
}

static struct node *yes_no_node(struct init *init, struct str s, struct buf *why)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"yes", true}, {"y", true},  {"true", true},
		     {"no", false}, {"n", false}, {"false", false}};
	struct node *node;
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_eq_ascii_case(s, str_c(words[i].word)))
			continue;
		node = node_new(&init->arena, NODE_BOOL, SPAN_NONE);
		if (node)
			node->boolean = words[i].value;
		return node;
	}
	buf_puts(why, STR("answer yes or no\n"));
	return NULL;
}

static struct node *several_node(struct init *init, struct str s)
{
	struct node *list = node_new(&init->arena, NODE_LIST, SPAN_NONE);
	size_t i = 0;

	while (list && i < s.n) {
		size_t begin;
		struct node *member;

		while (i < s.n && (s.p[i] == ' ' || s.p[i] == ','))
			i++;
		for (begin = i; i < s.n && s.p[i] != ' ' && s.p[i] != ','; i++)
			;
		if (i == begin)
			break;
		member = text_node(init, (struct str){s.p + begin, i - begin});
		if (!member)
			return NULL;
		node_list_append(list, member);
	}
	return list;
}

/* The compiler knows the bounds of what is a number at all. */
static struct node *number_node(const struct init_question *q, struct str s, struct buf *why)
{
	const struct schema_type *type = q->field->type;
	bool negative = s.n && s.p[0] == '-';
	struct node *node;
	uint64_t number;

	if (num_u64(negative ? str_from(s, 1) : s, &number) != NUM_OK) {
		/* "5m", "50mb" */
		if (type->kind == TYPE_SIZE || type->kind == TYPE_DURATION)
			return text_node(q->init, s);
		buf_printf(why, "'%.*s' is no whole number", STR_ARG(s));
		if (type->has_min && type->has_max)
			buf_printf(why, " from %.0f to %.0f", type->min, type->max);
		buf_putc(why, '\n');
		return NULL;
	}
	node = node_new(&q->init->arena, NODE_INT, SPAN_NONE);
	if (node) {
		node->magnitude = number;
		node->negative = negative && number;
	}
	return node;
}

/* RFC 1123 section 2.1. A server takes more than that for a domain (validation.md 2.3), but the DNS
 * does not, and these names go there. */
static bool is_host_name(struct str name)
{
	size_t i, label = 0;

	for (i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool hyphen = c == '-';
		bool end = i + 1 == name.n || name.p[i + 1] == '.';

		if (c != '.' && !hyphen && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (hyphen && (label == 1 || end)))
			return false;
	}
	return name.n <= HOST_MAX;
}

/* As the server keeps it, in lower case and A-labels. What is no name to it, the compiler says. */
static struct node *name_node(const struct init_question *q, struct str s, struct buf *why)
{
	struct init *init = q->init;
	struct str name = name_domain(&init->arena, s);

	if (str_eq_c(q->path, "serverHostname") && lint_is_container(name.p ? name : s))
		buf_printf(why,
			   "'%.*s' is known on one network alone, as the name of a container is; "
			   "answer one that the DNS has, such as mail.example.org\n",
			   STR_ARG(s));
	else if (!name.p)
		return text_node(init, s);
	else if (!is_host_name(name))
		buf_printf(why,
			   "'%.*s' is no host name: letters, digits and hyphens between dots, at "
			   "most %d to a part and %d in all\n",
			   STR_ARG(s), LABEL_MAX, HOST_MAX);
	else if (!name_registrable(&init->arena, name).p)
		buf_printf(why, "under '%.*s' others register their domains; it is nobody's own\n",
			   STR_ARG(s));
	else
		return text_node(init, name);
	return NULL;
}

/* Where a database is: a name that may well be known here alone, an address, or the directory of a
 * socket; but not the port, which is asked for by itself. */
static bool is_place(struct str s)
{
	struct net_addr address;
	size_t i;

	if (net_addr_parse(s, &address) == NET_OK || (s.n && s.p[0] == '/'))
		return true;
	for (i = 0; i < s.n; i++) {
		if (strchr(" :/@\t", s.p[i]))
			return false;
	}
	return true;
}

static struct node *plain_node(const struct init_question *q, struct str s, struct buf *why)
{
	enum type_kind kind = (enum type_kind)q->field->type->kind;

	if (kind == TYPE_UNSIGNED || kind == TYPE_INTEGER || kind == TYPE_SIZE ||
	    kind == TYPE_DURATION)
		return number_node(q, s, why);
	if (q->field->validator == VALIDATE_DOMAIN)
		return name_node(q, s, why);
	if (strcmp(q->field->name, "host") != 0 || is_place(s))
		return text_node(q->init, s);
	buf_printf(why, "'%.*s' is no host name or address\n", STR_ARG(s));
	return NULL;
}

/* IEEE Std 1003.1 chapter 8.1, with lower case; an empty name is the compiler's to refuse. */
static bool is_variable(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '_' &&
		    !(i && c >= '0' && c <= '9'))
			return false;
	}
	return true;
}

/* "env:NAME", "file:PATH" or "none": a secret itself is never an answer. NULL with *why: it is
 * none of these. */
static struct node *secret_node(const struct init_question *q, struct str s, struct buf *why)
{
	bool file = str_starts(s, STR("file:")), variable = str_starts(s, STR("env:"));

	if (variable && is_variable(str_from(s, 4)))
		return type_node(q->init, STR("EnvironmentVariable"), "variableName",
				 str_from(s, 4));
	if (file || (!variable && q->row && q->row->bare_file))
		return type_node(q->init, STR("File"), "filePath", str_from(s, file ? 5 : 0));
	buf_puts(why,
		 variable ? STR("behind env: stands the name of a variable: letters, digits and "
				"underscores\n")
			  : STR("a secret never stands in the configuration: answer env:NAME "
				"for an environment variable, or file:PATH\n"));
	return NULL;
}

static bool may_be_none(const struct schema_type *type)
{
	return schema_variant_find(type->structure, STR("None")) != NULL;
}

static struct node *answer_node(const struct init_question *q, struct str s, struct buf *why)
{
	const struct schema_type *type = q->field->type;

	switch (init_form(type)) {
	case INIT_YES_NO: return yes_no_node(q->init, s, why);
	case INIT_SEVERAL: return several_node(q->init, s);
	case INIT_CHOICE: return choice_node(q, s, why);
	case INIT_SECRET:
		if (str_eq_ascii_case(s, STR("none")) && may_be_none(type))
			return type_node(q->init, STR("None"), NULL, STR_NONE);
		return secret_node(q, s, why);
	case INIT_TEXT:
	case INIT_PART: return plain_node(q, s, why);
	}
	return NULL;
}

/* ---- the answers as a text that can be compiled ---- */

void init_json(struct buf *out, const struct node *node, const struct node *target,
	       struct span *place)
{
	const struct node_entry *e;
	uint32_t begin = (uint32_t)out->n;

	if (node->kind == NODE_MAP) {
		buf_putc(out, '{');
		for (e = node->map.first; e; e = e->next) {
			if (e != node->map.first)
				buf_putc(out, ',');
			buf_put_json(out, e->key);
			buf_putc(out, ':');
			init_json(out, e->value, target, place);
		}
		buf_putc(out, '}');
	} else {
		view_json_inline(out, node);
	}
	if (target && node == target)
		*place = (struct span){1, begin, (uint32_t)out->n};
}

static bool put(const struct init *init, struct arena *arena, struct node *map, const char *name,
		struct node *value)
{
	return node_map_append(arena, &init->hash_key, map, str_c(name), SPAN_NONE, value);
}

/* {name: value} */
static struct node *wrap(const struct init *init, struct arena *arena, const char *name,
			 struct node *value)
{
	struct node *map = node_new(arena, NODE_MAP, SPAN_NONE);

	return map && put(init, arena, map, name, value) ? map : NULL;
}

struct node *init_objects(const struct init *init, struct arena *arena)
{
	struct node *all = node_new(arena, NODE_MAP, SPAN_NONE), *value;
	size_t i;

	for (i = 0; all && i < BOOTSTRAP_PARTS; i++) {
		const struct bootstrap_part *part = &bootstrap_parts[i];

		value = node_map_get(init->bootstrap, str_c(part->property));
		if (!value || (part->none && str_eq_c(init_text_of(value, "@type"), part->none)))
			continue;
		if (part->client_id)
			value = wrap(init, arena, part->client_id, value);
		if (!value || !put(init, arena, all, part->type, value))
			return NULL;
	}
	if (!all || !init->certificate->map.first)
		return all;
	value = wrap(init, arena, "own", init->certificate);
	return value && put(init, arena, all, "Certificate", value) ? all : NULL;
}

static bool is_known_choice(const struct init_question *q, const struct node *value)
{
	const struct schema_type *type = q->field->type;

	return type->kind == TYPE_OBJECT && init_form(type) == INIT_CHOICE &&
	       schema_variant_find(type->structure, init_text_of(value, "@type"));
}

/* What holds the answer: the objects so far; or the Bootstrap, for what becomes no object, and for
 * the name of a choice that there is none of, since it knows all there are. */
static struct node *context_of(const struct init_question *q, const struct node *value,
			       struct arena *arena)
{
	if (q->body == q->init->bootstrap && !is_known_choice(q, value))
		return wrap(q->init, arena, "Bootstrap", q->init->bootstrap);
	return init_objects(q->init, arena);
}

/* ---- what the compiler says of it ---- */

static bool is_fault(const struct diag *diag)
{
	return diag->severity == SEVERITY_ERROR || diag->severity == SEVERITY_WARNING;
}

static bool is_about(const struct init_question *q, const struct diag *diag, struct span place)
{
	return diag->span.source == place.source && diag->span.begin >= place.begin &&
	       diag->span.end <= place.end && !(q->pending && diag->code == DIAG_MISSING_COMPANION);
}

static void put_reason(struct buf *why, const struct diag *diag)
{
	buf_puts(why, diag->message);
	if (diag->hint.n)
		buf_printf(why, "; %.*s", STR_ARG(diag->hint));
	buf_putc(why, '\n');
}

/* The reasons against the answer that lies in that place; without a question, against any. */
static bool judge(const struct init *init, const struct init_question *q, struct str text,
		  struct span place, struct buf *why)
{
	struct compile_options options = {.from = FORMAT_JSON,
					  .partial = true,
					  .verdict = true,
					  .edition = init->edition,
					  .now = init->now};
	struct input input = {.path = "answers.json", .text = text};
	struct compilation c;
	bool ok = compile_init(&c, &options);
	size_t i, before = why->n;

	/* what is missing elsewhere makes no difference, only what is said of the answer */
	ok = ok && (compile_run(&c, &input, 1) || !c.arena.failed);
	for (i = 0; ok && i < c.diags.count; i++) {
		const struct diag *diag = &c.diags.all[i];

		if (is_fault(diag) && (!q || is_about(q, diag, place)))
			put_reason(why, diag);
	}
	if (!ok)
		buf_puts(why, STR("out of memory\n"));
	compile_free(&c);
	return why->n == before && !why->failed;
}

bool init_fits(const struct init *init, struct buf *why)
{
	struct buf text = BUF_INIT;
	struct arena arena;
	struct node *all;
	bool ok;

	arena_init(&arena, 0);
	all = init_objects(init, &arena);
	if (all)
		init_json(&text, all, NULL, NULL);
	ok = all && !text.failed && judge(init, NULL, buf_str(&text), SPAN_NONE, why);
	buf_free(&text);
	arena_free(&arena);
	return ok;
}

/* What the compiler is to look at: of a choice whose fields are still to come the word, else all of
 * the value. */
static const struct node *target_of(const struct init_question *q, const struct node *value)
{
	const struct schema_structure *structure = q->field->type->structure;
	const struct schema_variant *variant;

	if (init_form(q->field->type) != INIT_CHOICE || value->kind != NODE_MAP)
		return value;
	variant = schema_variant_find(structure, init_text_of(value, "@type"));
	return !variant || variant->body ? node_map_get(value, STR("@type")) : value;
}

static bool is_typable(struct str s, struct buf *why)
{
	size_t i;

	for (i = 0; i < s.n && (unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f; i++)
		;
	if (i == s.n && utf8_valid_prefix(s) == s.n)
		return true;
	buf_puts(why, STR("the answer has a control character, or is not UTF-8\n"));
	return false;
}

void init_take_back(struct node *map, struct node_entry *before)
{
	map->map.last = before;
	if (before)
		before->next = NULL;
	else
		map->map.first = NULL;
	map->map.count--;
	map->map.index = NULL;
}

bool init_answer(const struct init_question *q, struct str answer, struct buf *why)
{
	struct node_entry *last = q->body->map.last;
	struct buf text = BUF_INIT;
	struct span place = SPAN_NONE;
	struct node *value, *context = NULL;
	struct arena arena;
	bool ok;

	if (!is_typable(answer, why))
		return false;
	if (q->body == q->init->certificate && str_eq_ascii_case(answer, STR("none")) &&
	    !q->row->when)
		return true; /* there is no certificate, and so nothing to keep */
	value = answer_node(q, answer, why);
	if (!value || !node_map_append(&q->init->arena, &q->init->hash_key, q->body,
				       str_c(q->field->name), SPAN_NONE, value))
		return false;
	arena_init(&arena, 0);
	context = context_of(q, value, &arena);
	if (context)
		init_json(&text, context, target_of(q, value), &place);
	ok = context && !text.failed;
	/* "Internal" and "Manual" become no object, and the name is known to be right */
	ok = ok && (!place.source || judge(q->init, q, buf_str(&text), place, why));
	if (!ok)
		init_take_back(q->body, last);
	buf_free(&text);
	arena_free(&arena);
	return ok;
}
