/* What a server's compiler says of the words of a script: sieve_words.def read, nothing else. */
#include "grammar/sieve_use.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/suggest.h"

static const struct sieve_word words[] = {
#define SIEVE_WORD(name, kind, capability, arguments, least, tags) \
	{name, SIEVE_##kind, capability, arguments, least, tags},
#include "grammar/sieve_words.def"
#undef SIEVE_WORD
};

static bool is_test(const struct sieve_word *word)
{
	return word->kind != SIEVE_COMMAND && word->kind != SIEVE_BLOCK;
}

static const struct sieve_word *find(struct str name, bool test)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (is_test(&words[i]) == test && str_eq_ascii_case(name, str_c(words[i].name)))
			return &words[i];
	return NULL;
}

static struct str text_at(const struct sieve_words *w, size_t at, size_t n)
{
	return (struct str){w->script.p + at, n};
}

struct place {
	size_t at, n;
};

static void report(struct sieve_words *w, enum sieve_fault fault, struct place place,
		   struct str hint, const char *format, ...) PRINTF_LIKE(5, 6);
static void report(struct sieve_words *w, enum sieve_fault fault, struct place place,
		   struct str hint, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	w->reported++;
	w->scope->report(w->scope->ctx, fault, place.at, place.n, str_c(text), hint);
}

/* The first mistake of the arguments of a word; what follows may come of it. */
static bool first_mistake(struct sieve_use *use)
{
	bool first = use->word && !use->said;

	use->said = true;
	return first;
}

/* ---- require ---- */

static bool implies(struct str declared, struct str capability)
{
	return str_eq(declared, capability) ||
	       (str_eq(declared, STR("spamtestplus")) && str_eq(capability, STR("spamtest"))) ||
	       (str_eq(declared, STR("vacation-seconds")) && str_eq(capability, STR("vacation")));
}

void sieve_use_require(struct sieve_words *w, size_t at, size_t n)
{
	struct str name;

	if (!w->scope || w->reported >= SIEVE_REPORTS)
		return;
	/* nobody writes a name in other ways, and what it would be is not worth the trouble */
	if (n < 2 || w->script.p[at] != '"' || memchr(w->script.p + at, '\\', n)) {
		w->any = true;
		return;
	}
	name = text_at(w, at + 1, n - 2);
	if (w->scope->has && !w->scope->has(w->scope->ctx, name))
		report(w, SIEVE_NO_CAPABILITY, (struct place){at, n}, STR_NONE,
		       "there is no extension '%.*s' for this script",
		       (int)(name.n < 60 ? name.n : 60), name.p);
	if (str_eq(name, STR("ihave")) || w->declared_count == SIEVE_DECLARED)
		w->any = true;
	else
		w->declared[w->declared_count++] = name;
}

static void need(struct sieve_words *w, struct str capability, struct place place)
{
	char hint[80];

	if (!capability.n || w->any || w->scope->undeclared_too)
		return;
	for (size_t i = 0; i < w->declared_count; i++)
		if (implies(w->declared[i], capability))
			return;
	(void)snprintf(hint, sizeof(hint), "require \"%.*s\";", STR_ARG(capability));
	report(w, SIEVE_NOT_REQUIRED, place, str_c(hint),
	       "'%.*s' needs the extension '%.*s', which require does not name",
	       STR_ARG(text_at(w, place.at, place.n)), STR_ARG(capability));
}

/* ---- words ---- */

static void unknown_word(struct sieve_words *w, const struct sieve_use *use, bool test)
{
	struct str name = text_at(w, use->at, use->n);
	struct suggestion best;
	char hint[80] = "";

	if (w->any)
		return;
	suggest_start(&best, name);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (is_test(&words[i]) == test)
			suggest_offer(&best, str_c(words[i].name));
	if (find(name, !test))
		(void)snprintf(hint, sizeof(hint), "it is a %s", test ? "command" : "test");
	else if (best.best.n)
		(void)snprintf(hint, sizeof(hint), "did you mean '%.*s'?", STR_ARG(best.best));
	report(w, test ? SIEVE_NO_TEST : SIEVE_NO_COMMAND, (struct place){use->at, use->n},
	       str_c(hint), "there is no %s '%.*s'", test ? "test" : "command",
	       (int)(name.n < 60 ? name.n : 60), name.p);
}

void sieve_use_begin(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n, bool test)
{
	*use = (struct sieve_use){.at = at, .n = n, .pending = ""};
	if (!w->scope || w->reported >= SIEVE_REPORTS)
		return;
	use->word = find(text_at(w, at, n), test);
	if (!use->word) {
		unknown_word(w, use, test);
		return;
	}
	need(w, str_c(use->word->capability), (struct place){at, n});
	if (strcmp(use->word->name, "include") == 0 && w->scope->limits.includes &&
	    ++w->includes == w->scope->limits.includes + 1)
		report(w, SIEVE_LIMIT, (struct place){at, n}, STR_NONE,
		       "%zu scripts included are the limit", w->scope->limits.includes);
}

/* ---- arguments ---- */

/* What the grammar makes of a type of sieve_words.def: 's', 'l' or 'n'. */
static char form_of(char type)
{
	return strchr("Hvxr", type) ? 's' : strchr("hkg", type) ? 'l' : type;
}

static const char *type_name(char type)
{
	return type == 'n'            ? "a number"
	       : form_of(type) == 's' ? "a string"
				      : "a string or a list of strings";
}

/* The next tag of a list; false at its end. */
static bool next_tag(const char **list, struct str *name, const char **types,
		     struct str *capability)
{
	struct str word;
	size_t n;

	*list += strspn(*list, " ");
	word = (struct str){*list, strcspn(*list, " ")};
	*list += word.n;
	n = strcspn(word.p, " /=");
	*name = (struct str){word.p, n};
	*types = word.p[n] == '/' ? word.p + n + 1 : "";
	n = strcspn(word.p, " =");
	*capability = word.p[n] == '=' ? str_from(word, n + 1) : STR_NONE;
	return word.n != 0;
}

static void unknown_tag(struct sieve_words *w, struct sieve_use *use, struct place place)
{
	struct str tag = text_at(w, place.at, place.n), name, capability;
	const char *list = use->word->tags, *types;
	struct suggestion best;
	char hint[80] = "";

	if (!first_mistake(use))
		return;
	suggest_start(&best, str_from(tag, 1));
	while (next_tag(&list, &name, &types, &capability))
		suggest_offer(&best, name);
	if (best.best.n)
		(void)snprintf(hint, sizeof(hint), "did you mean ':%.*s'?", STR_ARG(best.best));
	report(w, SIEVE_ARGUMENT, place, str_c(hint), "'%s' takes no '%.*s'", use->word->name,
	       (int)(tag.n < 60 ? tag.n : 60), tag.p);
}

/* Does the last tag still want an argument? */
static bool wants(const struct sieve_use *use)
{
	return *use->pending && *use->pending != ' ' && *use->pending != '=';
}

static void missing(struct sieve_words *w, struct sieve_use *use, struct place place)
{
	if (wants(use) && first_mistake(use))
		report(w, SIEVE_ARGUMENT, place, STR_NONE, "behind '%.*s' stands %s",
		       STR_ARG(text_at(w, use->tag_at, use->tag_n)), type_name(*use->pending));
}

void sieve_use_tag(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n)
{
	struct place place = {at, n};
	struct str name, capability;
	const char *list, *types;

	if (!use->word)
		return;
	missing(w, use, place);
	use->pending = "";
	for (list = use->word->tags; next_tag(&list, &name, &types, &capability);) {
		if (!str_eq_ascii_case(name, text_at(w, at + 1, n - 1)))
			continue;
		if (use->taken && use->taken == strlen(use->word->arguments) && first_mistake(use))
			report(w, SIEVE_ARGUMENT, place, STR_NONE,
			       "'%.*s' stands before the other arguments of '%s'",
			       STR_ARG(text_at(w, at, n)), use->word->name);
		need(w, capability, place);
		use->pending = types;
		use->regex = use->regex || str_eq_c(name, "regex");
		use->tag_at = at;
		use->tag_n = n;
		return;
	}
	unknown_tag(w, use, place);
}

static bool fits(char wanted, char type, size_t members)
{
	wanted = form_of(wanted);
	return wanted == type || (wanted == 'l' && type == 's') ||
	       (wanted == 's' && type == 'l' && members == 1);
}

static void too_many(struct sieve_words *w, struct sieve_use *use, struct place place)
{
	size_t most = strlen(use->word->arguments);

	if (!first_mistake(use))
		return;
	if (most)
		report(w, SIEVE_ARGUMENT, place, STR_NONE, "'%s' takes no more than %zu argument%s",
		       use->word->name, most, most == 1 ? "" : "s");
	else
		report(w, SIEVE_ARGUMENT, place, STR_NONE, "'%s' takes no arguments but tags",
		       use->word->name);
}

void sieve_use_value(struct sieve_words *w, struct sieve_use *use, size_t at, size_t n, char type,
		     size_t members)
{
	const char *types;
	size_t skipped;

	if (!use->word)
		return;
	types = use->word->arguments;
	if (wants(use)) {
		if (!fits(*use->pending, type, members))
			missing(w, use, (struct place){at, n});
		use->pending++;
		return;
	}
	if (use->taken >= strlen(types)) {
		too_many(w, use, (struct place){at, n});
		return;
	}
	/* where some may be left out, any of the types from here on may be meant */
	skipped = strlen(types) - use->word->least;
	for (size_t i = use->taken; i <= use->taken + skipped && types[i]; i++) {
		if (fits(types[i], type, members)) {
			use->taken++;
			return;
		}
	}
	use->taken++;
	if (first_mistake(use))
		report(w, SIEVE_ARGUMENT, (struct place){at, n}, STR_NONE, "'%s' takes %s here",
		       use->word->name, type_name(types[use->taken - 1]));
}

void sieve_use_end(struct sieve_words *w, struct sieve_use *use, unsigned tests, bool block)
{
	static const char *const wanted[] = {"no test", "a test", "tests in parentheses"};
	struct place place = {use->at, use->n};
	const struct sieve_word *word = use->word;
	unsigned kind;

	if (!word)
		return;
	missing(w, use, (struct place){use->tag_at, use->tag_n});
	if (use->taken < word->least && first_mistake(use))
		report(w, SIEVE_ARGUMENT, place, STR_NONE, "'%s' needs %s here too", word->name,
		       type_name(word->arguments[use->taken]));
	if (is_test(word)) {
		kind = word->kind == SIEVE_TESTS ? 2 : word->kind == SIEVE_TEST_OF;
		/* a test in parentheses is a list of one */
		if ((tests != 0) != (kind != 0) && first_mistake(use))
			report(w, SIEVE_ARGUMENT, place, STR_NONE, "'%s' takes %s", word->name,
			       wanted[kind]);
	} else if (block != (word->kind == SIEVE_BLOCK) && first_mistake(use)) {
		report(w, SIEVE_ARGUMENT, place, STR_NONE, "'%s' %s", word->name,
		       block ? "has no block" : "needs a block in braces");
	}
}
