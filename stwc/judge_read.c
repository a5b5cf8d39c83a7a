/* The file of cases: one [[case]] each, with values and answers that all of them share. */
#include "stwc/judge.h"

#include "grammar/scalar.h"

static const char *const verdicts[] = {
	[JUDGE_ALLOWED] = "allowed", [JUDGE_BLOCKED] = "blocked", [JUDGE_LOCAL] = "local",
	[JUDGE_RELAYED] = "relayed", [JUDGE_REFUSED] = "refused",
};

const char *judge_word(enum judge_verdict verdict)
{
	return verdicts[verdict];
}

/* What a case is about, by the key that says it. */
static const char *const kinds[] = {
	[JUDGE_ADDRESS] = "address",       [JUDGE_RECIPIENT] = "recipient", [JUDGE_FIELD] = "field",
	[JUDGE_EXPRESSION] = "expression", [JUDGE_LIMITS] = "limits",
};

static void fault_at(struct sheet *sheet, const struct eval *e, enum diag_code code,
		     struct span span)
{
	(void)diag_add(&sheet->diags, code, span, "%s", e->fault);
}

/* The entries of `with` or `answers`, of the file or of a case. */
static void read_values(struct sheet *sheet, struct eval *e, const struct node *map, bool answers)
{
	const struct node *all = sheet_get(sheet, map, answers ? "answers" : "with", NODE_MAP);

	for (const struct node_entry *n = all ? all->map.first : NULL; n; n = n->next) {
		struct interp_value value;

		if (n->value->kind == NODE_POISON)
			continue;
		if (!eval_of_node(e, n->value, &value))
			fault_at(sheet, e, DIAG_WRONG_TYPE, n->value->span);
		else if (!(answers ? eval_set_answer(e, n->key, &value)
				   : eval_set(e, n->key, &value)))
			fault_at(sheet, e, DIAG_EXPRESSION_NAME, n->key_span);
	}
}

static void read_now(struct sheet *sheet, const struct node *map, int64_t *now)
{
	const struct node *node = node_map_get(map, STR("now"));

	if (!node || node->kind == NODE_POISON || node_as_i64(node, now))
		return;
	if (node->kind != NODE_STRING || scalar_date_time(node->string, now) != SCALAR_OK)
		(void)diag_add(&sheet->diags, DIAG_DATE, node->span,
			       "'now' takes seconds or a date such as 2026-03-01T12:00:00Z");
}

static bool is_branch(struct str word)
{
	static const struct str before = {"match/", 6}, behind = {"/then", 5};
	struct str number = str_from(word, before.n);

	if (!str_starts(word, before) || !str_ends(number, behind) || number.n == behind.n)
		return str_eq_c(word, "else");
	for (size_t i = 0; i + behind.n < number.n; i++)
		if (number.p[i] < '0' || number.p[i] > '9')
			return false;
	return true;
}

static void read_because(struct sheet *sheet, const struct node *map, struct judge_case *c)
{
	static const char *const addresses[] = {"allowed-ip", "blocked-ip", "loopback",
						"trusted-proxy", "no-rule"};
	static const char *const recipients[] = {"address", "sub-address",    "catch-all",
						 "unknown", "split-delivery", "match/N/then",
						 "else"};
	static const char *const fields[] = {"match/N/then", "else", "set", "default"};
	const struct node *node = sheet_get(sheet, map, "because", NODE_STRING);
	size_t place;

	if (!node)
		return;
	c->because = node->string;
	if (c->kind == JUDGE_ADDRESS)
		(void)sheet_word(sheet, node, "because", addresses, ARRAY_LEN(addresses), &place);
	else if (c->kind == JUDGE_RECIPIENT && !is_branch(node->string))
		(void)sheet_word(sheet, node, "because", recipients, ARRAY_LEN(recipients), &place);
	else if (c->kind == JUDGE_FIELD && !is_branch(node->string))
		(void)sheet_word(sheet, node, "because", fields, ARRAY_LEN(fields), &place);
}

/* Silence would say that a key had been heeded. */
static void refuse_idle(struct sheet *sheet, const struct node *map, const struct judge_case *c)
{
	const unsigned address = 1u << JUDGE_ADDRESS, expression = 1u << JUDGE_EXPRESSION,
		       limits = 1u << JUDGE_LIMITS;
	const struct {
		const char *key;
		unsigned idle; /* in cases of these kinds */
	} rows[] = {{"now", ~address},
		    {"with", address},
		    {"answers", address},
		    {"because", expression | limits}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct node_entry *entry = node_map_find(map, str_c(rows[i].key));

		if (entry && (rows[i].idle >> c->kind) & 1)
			(void)diag_add(&sheet->diags, DIAG_UNKNOWN_FIELD, entry->key_span,
				       "'%s' does nothing in a case about '%s'", rows[i].key,
				       kinds[c->kind]);
	}
}

/* Limits by their names. */
static void read_names(struct sheet *sheet, const struct node *map, struct judge_case *c)
{
	c->expect = sheet_get(sheet, map, "expect", NODE_LIST);
	for (const struct node *n = c->expect ? c->expect->list.first : NULL; n; n = n->next)
		if (n->kind != NODE_STRING && n->kind != NODE_POISON)
			(void)diag_add(&sheet->diags, DIAG_WRONG_TYPE, n->span,
				       "a limit is expected by its name, not by %s",
				       node_kind_name(n));
}

static void read_expect(struct sheet *sheet, const struct node *map, struct judge_case *c)
{
	const enum judge_verdict first = c->kind == JUDGE_ADDRESS ? JUDGE_ALLOWED : JUDGE_LOCAL;
	size_t count = c->kind == JUDGE_ADDRESS ? 2 : 3, place;
	struct interp_value value;

	c->expect = node_map_get(map, STR("expect"));
	if (!c->expect && sheet->hurt)
		return;
	if (!c->expect) {
		(void)diag_add(&sheet->diags, DIAG_MISSING_FIELD, map->span,
			       "the case does not say what to 'expect'");
		return;
	}
	if (c->kind == JUDGE_ADDRESS || c->kind == JUDGE_RECIPIENT) {
		c->expect = sheet_get(sheet, map, "expect", NODE_STRING);
		if (c->expect)
			(void)sheet_word(sheet, c->expect, "expect", verdicts + first, count,
					 &place);
	} else if (c->kind == JUDGE_EXPRESSION && c->expect->kind != NODE_POISON &&
		   !eval_of_node(&c->eval, c->expect, &value)) {
		fault_at(sheet, &c->eval, DIAG_WRONG_TYPE, c->expect->span);
	} else if (c->kind == JUDGE_LIMITS) {
		read_names(sheet, map, c);
	}
}

/* Exactly one key says what the case is about; `known`: no other key may be a misspelt one. */
static bool read_kind(struct sheet *sheet, const struct node *map, bool known, struct judge_case *c)
{
	const struct node_entry *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct node_entry *entry = node_map_find(map, str_c(kinds[i]));

		if (!entry)
			continue;
		if (found) {
			(void)diag_add(&sheet->diags, DIAG_UNKNOWN_FIELD, entry->key_span,
				       "a case is about one thing: '%s' stands beside '%.*s'",
				       kinds[i], STR_ARG(found->key));
			return false;
		}
		found = entry;
		c->kind = (enum judge_kind)i;
	}
	if (found)
		c->asked = sheet_text(sheet, map, kinds[c->kind]);
	else if (known && !sheet->hurt)
		(void)diag_add(&sheet->diags, DIAG_MISSING_FIELD, map->span,
			       "the case is about nothing: it has none of 'address', 'recipient', "
			       "'field', 'expression' and 'limits'");
	return c->asked.n > 0;
}

/* What a session takes; whether anybody has it is the question. */
static bool is_mail_address(struct str text)
{
	const char *sign = memrchr(text.p, '@', text.n);

	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ')
			return false;
	return sign && sign > text.p && sign + 1 < text.p + text.n;
}

static void check_asked(struct sheet *sheet, const struct node *map, struct judge_case *c)
{
	static const char *const limits[] = {"MtaInboundThrottle", "MtaOutboundThrottle",
					     "MtaQueueQuota"};
	const struct node *node = node_map_get(map, str_c(kinds[c->kind]));
	struct span span = node->span;
	size_t place;

	switch (c->kind) {
	case JUDGE_ADDRESS:
		if (net_addr_parse(c->asked, &c->peer) != NET_OK)
			(void)diag_add(&sheet->diags, DIAG_ADDRESS, span, "'%.*s' is no IP address",
				       STR_ARG(c->asked));
		break;
	case JUDGE_RECIPIENT:
		if (!is_mail_address(c->asked))
			(void)diag_add(&sheet->diags, DIAG_EMAIL_ADDRESS, span,
				       "'%.*s' is no mail address: name@domain, without blanks",
				       STR_ARG(c->asked));
		break;
	case JUDGE_LIMITS:
		(void)sheet_word(sheet, node, "limits", limits, ARRAY_LEN(limits), &place);
		break;
	case JUDGE_FIELD:
	case JUDGE_EXPRESSION: break;
	}
}

static struct judge_case *add_case(struct judge *j, const struct node *map)
{
	struct judge_case *c = ARENA_NEW(&j->sheet.arena, struct judge_case);

	if (!c)
		return NULL;
	*j->end = c;
	j->end = &c->next;
	j->count++;
	c->line = sheet_line(&j->sheet, map->span);
	c->now = j->now;
	return eval_init(&c->eval, NULL) ? c : NULL;
}

static bool read_case(struct judge *j, const struct node *map)
{
	static const char *const keys[] = {"name",       "address", "recipient", "field",
					   "expression", "limits",  "expect",    "because",
					   "with",       "answers", "now"};
	struct sheet *sheet = &j->sheet;
	struct judge_case *c = add_case(j, map);
	bool known;

	if (!c)
		return false;
	c->eval.file = true;
	known = sheet_keys(sheet, map, keys, ARRAY_LEN(keys), "a case");
	c->name = sheet_text(sheet, map, "name");
	read_values(sheet, &c->eval, sheet->root, false);
	read_values(sheet, &c->eval, sheet->root, true);
	read_values(sheet, &c->eval, map, false);
	read_values(sheet, &c->eval, map, true);
	read_now(sheet, map, &c->now);
	if (!read_kind(sheet, map, known, c))
		return true;
	if (!c->name.n)
		c->name = arena_printf(&sheet->arena, "%s %.*s", kinds[c->kind], STR_ARG(c->asked));
	check_asked(sheet, map, c);
	read_expect(sheet, map, c);
	read_because(sheet, map, c);
	refuse_idle(sheet, map, c);
	return c->name.p != NULL;
}

static bool read_cases(struct judge *j, bool known)
{
	const struct node *cases = sheet_get(&j->sheet, j->sheet.root, "case", NODE_LIST);

	if (!cases && !node_map_get(j->sheet.root, STR("case")) && known && !j->sheet.hurt)
		(void)diag_add(&j->sheet.diags, DIAG_NOTHING,
			       (struct span){j->sheet.root->span.source, 0, 0},
			       "the file has no [[case]]");
	for (const struct node *n = cases ? cases->list.first : NULL; n; n = n->next) {
		if (n->kind != NODE_MAP && n->kind != NODE_POISON)
			(void)diag_add(&j->sheet.diags, DIAG_WRONG_TYPE, n->span,
				       "a case is a map, not %s", node_kind_name(n));
		if (n->kind == NODE_MAP && !read_case(j, n))
			return false;
	}
	return true;
}

bool judge_read(struct judge *j, const char *path, int64_t now, struct fs_error *error)
{
	static const char *const keys[] = {"case", "with", "answers", "now"};
	bool ok, known;

	*j = (struct judge){.now = now};
	j->end = &j->first;
	if (!sheet_read(&j->sheet, path, error))
		return false;
	if (!j->sheet.root)
		return true;
	known = sheet_keys(&j->sheet, j->sheet.root, keys, ARRAY_LEN(keys), "a file of cases");
	read_now(&j->sheet, j->sheet.root, &j->now);
	ok = read_cases(j, known);
	diags_sort(&j->sheet.diags);
	return ok && !j->sheet.diags.failed && !j->sheet.arena.failed;
}

void judge_free(struct judge *j)
{
	for (struct judge_case *c = j->first; c; c = c->next)
		eval_free(&c->eval);
	sheet_free(&j->sheet);
}
