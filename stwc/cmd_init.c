/* stwc init: asks what a new server needs to know, and writes its first configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/render.h"
#include "stwc/cmd.h"
#include "stwc/cmd_terminal.h"
#include "stwc/init.h"
#include "stwc/init_files.h"
#include "stwc/keys.h"
#include "stwc/view_reference.h"

#define ANSWER_LIMIT 4096
#define CHOICE_COLUMN 25 /* where it is said what a choice is */

struct dialogue {
	struct options *options;
	struct terminal terminal;
	bool asks; /* there is somebody to ask */
	enum status status;
};

/* ---- help ---- */

/* Those that stand in a prompt, where there are few. */
static void print_names(const struct init_question *q)
{
	struct init_choice choice;
	const char *between = " (";
	size_t at = 0, count = 0;

	while (init_choice(q, &at, &choice))
		count++;
	for (at = 0; count <= INIT_FEW && init_choice(q, &at, &choice); between = ", ")
		fprintf(stderr, "%s%.*s", between, STR_ARG(choice.name));
	fputs(count <= INIT_FEW ? ")" : " (? lists them)", stderr);
}

/* A name and what it is, set in behind all names. */
static void put_choice(struct buf *out, const struct init_choice *choice)
{
	size_t begin = out->n;

	view_wrap(out, CHOICE_COLUMN, str_c(choice->doc ? choice->doc : "-"));
	if (!out->failed && choice->name.n < CHOICE_COLUMN - 4)
		memcpy(out->p + begin + 4, choice->name.p, choice->name.n);
}

static void print_option(const struct init_question *q)
{
	if (q->row && q->row->option)
		fprintf(stderr, "--%s", q->row->option);
	else
		fprintf(stderr, "--set %.*s=", STR_ARG(q->path));
}

static void print_help(const struct init_question *q)
{
	struct buf text = BUF_INIT;
	struct init_choice choice;
	size_t at = 0;

	view_wrap(&text, 2, str_c(init_help(q)));
	switch (init_form(q->field->type)) {
	case INIT_CHOICE:
		while (init_choice(q, &at, &choice))
			put_choice(&text, &choice);
		break;
	case INIT_SECRET:
		view_wrap(&text, 2,
			  STR("Answer env:NAME for an environment variable or file:PATH for a "
			      "file; a relative path is looked up in the server's secrets "
			      "directory."));
		break;
	case INIT_SEVERAL: view_wrap(&text, 2, STR("Several are parted by commas.")); break;
	case INIT_YES_NO: view_wrap(&text, 2, STR("Answer yes or no.")); break;
	case INIT_TEXT:
	case INIT_PART: break;
	}
	fprintf(stderr, "%.*s  In a script: ", STR_ARG(buf_str(&text)));
	print_option(q);
	fputc('\n', stderr);
	buf_free(&text);
}

/* ---- questions ---- */

static void print_prompt(const struct init_question *q)
{
	fprintf(stderr, "%.*s", STR_ARG(q->prompt));
	if (init_form(q->field->type) == INIT_CHOICE)
		print_names(q);
	if (q->fallback.n)
		fprintf(stderr, " [%.*s]", STR_ARG(q->fallback));
	fputs(": ", stderr);
}

/* "error: why", for each reason. */
static void print_reasons(const struct buf *why)
{
	struct str rest = buf_str(why);

	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		fprintf(stderr, "  error: %.*s\n", (int)n, rest.p);
		rest = str_from(rest, n + 1);
	}
}

/* Takes an answer, or says why not. */
static bool take(const struct init_question *q, struct str answer)
{
	struct buf why = BUF_INIT;
	bool ok = init_answer(q, answer, &why);

	if (!ok)
		print_reasons(&why);
	buf_free(&why);
	return ok;
}

static bool stop(struct dialogue *d, const char *why)
{
	d->status = STATUS_FAILED;
	if (why)
		(void)cmd_fail(&cmd_init, "%s; nothing was written", why);
	return false;
}

static struct str trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* What an answer with nothing in it means. False: it means nothing. */
static bool take_fallback(const struct init_question *q)
{
	if (q->fallback_applies || (!q->fallback.p && !q->needed))
		return true;
	return q->fallback.p && take(q, q->fallback);
}

static bool take_line(const struct init_question *q, struct str answer)
{
	if (str_eq(answer, STR("?"))) {
		print_help(q);
		return false;
	}
	if (answer.n)
		return take(q, answer);
	if (!q->fallback.p && q->needed) {
		fputs("  error: this needs an answer (? for help)\n", stderr);
		return false;
	}
	return take_fallback(q);
}

/* Asks until an answer will do. */
static bool ask_person(struct dialogue *d, const struct init_question *q)
{
	struct buf line = BUF_INIT;
	enum terminal_line got;
	bool done = false;

	do {
		buf_clear(&line);
		print_prompt(q);
		got = terminal_read(&d->terminal, ANSWER_LIMIT, &line);
		if (got == TERMINAL_LINE)
			done = take_line(q, trim(buf_str(&line)));
	} while (got == TERMINAL_LINE && !done && !line.failed);
	buf_free(&line);
	if (done)
		return true;
	fputc('\n', stderr);
	switch (got) {
	case TERMINAL_LINE: return stop(d, "out of memory");
	case TERMINAL_END: return stop(d, "the answers end here");
	case TERMINAL_INTERRUPTED: return stop(d, NULL);
	case TERMINAL_TOO_LONG: return stop(d, "the answer is too long");
	case TERMINAL_FAILED: return stop(d, strerror(errno));
	}
	return false;
}

/* What the command line says; .p NULL: nothing. */
static struct str given_answer(const struct init_question *q)
{
	struct init_given *given = init_given(q->init, q->path);

	if (given) {
		given->used = true;
		return given->value;
	}
	/* who has a certificate wants no other */
	if (str_eq_c(q->path, "requestTlsCertificate") &&
	    init_given(q->init, STR("certificate.certificate")))
		return STR("no");
	return STR_NONE;
}

static bool ask(void *ctx, const struct init_question *q)
{
	struct dialogue *d = ctx;
	struct str given = q->again ? STR_NONE : given_answer(q);

	if (given.p) {
		if (take(q, given))
			return true;
	} else if (d->asks) {
		return ask_person(d, q);
	} else if (take_fallback(q)) {
		return true;
	}
	fputs("stwc init: ", stderr);
	print_option(q);
	/* what was given may be a secret that does not belong there */
	if (given.p)
		fputs(" has an answer that will not do; nothing was written\n", stderr);
	else
		fprintf(stderr, " is needed: %.*s\n", STR_ARG(q->prompt));
	return stop(d, NULL);
}

/* A person can think again. */
static bool unfit(void *ctx, const struct init_question *q, const struct buf *why)
{
	struct dialogue *d = ctx;

	print_reasons(why);
	if (d->asks) {
		fputs("  Once more, then:\n", stderr);
		return true;
	}
	fputs("stwc init: what is said for ", stderr);
	print_option(q);
	fputs(" does not fit together, or not what comes before it; nothing was written\n", stderr);
	return stop(d, NULL);
}

/* ---- what the command line answers ---- */

static void print_given(const struct init_given *given)
{
	if (given->option)
		fprintf(stderr, "stwc init: --%s", given->option);
	else
		fprintf(stderr, "stwc init: --set %.*s", STR_ARG(given->path));
}

/* False, with *out untouched: the word is no answer, or there is no memory. */
static bool read_word(struct init *init, const struct option_word *word, struct init_given *out)
{
	struct init_given given = {.option = word->option};
	const char *equals = strchr(word->value, '=');
	bool set = strcmp(word->option, "set") == 0;

	if (set && (!equals || equals == word->value)) {
		(void)cmd_fail(&cmd_init, "--set takes FIELD=ANSWER, not '%s'", word->value);
		return false;
	}
	if (set) {
		given.option = NULL;
		given.path = (struct str){word->value, (size_t)(equals - word->value)};
	} else {
		given.path = init_option_path(&init->arena, word->option);
	}
	given.value = trim(str_c(set ? equals + 1 : word->value));
	if (!given.path.p)
		return false;
	*out = given;
	return true;
}

static bool read_given(struct init *init, const struct options *options)
{
	const struct init_given *before;
	size_t i;

	init->given = ARENA_ARRAY(&init->arena, struct init_given, options->word_count);
	if (!init->given)
		return false;
	for (i = 0; i < options->word_count; i++) {
		struct init_given *given = &init->given[i];

		if (!read_word(init, &options->words[i], given))
			return false;
		before = init_given(init, given->path);
		if (before) {
			print_given(before);
			fputs(" is answered twice; nothing was written\n", stderr);
			return false;
		}
		init->given_count++;
	}
	return true;
}

/* What no question has asked for is a mistake in a name, or a misunderstanding. */
static bool all_used(const struct init *init)
{
	size_t i;

	for (i = 0; i < init->given_count; i++) {
		if (init->given[i].used)
			continue;
		print_given(&init->given[i]);
		fputs(": no question is about that, by what the other answers are; nothing was "
		      "written\n",
		      stderr);
		return false;
	}
	return true;
}

/* ---- files ---- */

/* Everything that is written, by name and content. */
struct target {
	char *directory, *secrets, *paths[1 + INIT_KEYS];
	const char *directories[2];      /* the same two */
	struct buf texts[1 + INIT_KEYS]; /* the keys first, the configuration last */
	struct init_file files[1 + INIT_KEYS];
};

/* NULL: no memory. */
static char *path_in(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static bool name_target(struct target *t, const char *directory)
{
	size_t n = strlen(directory), i;

	while (n > 1 && directory[n - 1] == '/')
		n--;
	*t = (struct target){.directory = strndup(directory, n)};
	t->secrets = t->directory ? path_in(t->directory, "secrets") : NULL;
	if (!t->secrets)
		return false;
	t->directories[0] = t->directory;
	t->directories[1] = t->secrets;
	for (i = 0; i < INIT_KEYS; i++) {
		t->texts[i].secret = true;
		t->paths[i] = path_in(t->secrets, init_keys[i].file);
		t->files[i] = (struct init_file){.path = t->paths[i], .mode = 0600};
	}
	t->paths[i] = path_in(t->directory, "mail.toml");
	t->files[i] = (struct init_file){.path = t->paths[i], .mode = 0644};
	for (i = 0; i < ARRAY_LEN(t->paths) && t->paths[i]; i++)
		;
	return i == ARRAY_LEN(t->paths);
}

static void free_target(struct target *t)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(t->paths); i++) {
		free(t->paths[i]);
		buf_free(&t->texts[i]);
	}
	free(t->secrets);
	free(t->directory);
}

static bool interrupted(void *ctx)
{
	const struct dialogue *d = ctx;

	return terminal_interrupted(&d->terminal);
}

/* `keys`: those that come in front of the configuration, too. */
static struct init_files files_of(const struct target *t, struct dialogue *d, bool keys)
{
	static const unsigned modes[] = {0755, 0700};

	return (struct init_files){.files = keys ? t->files : t->files + INIT_KEYS,
				   .count = keys ? ARRAY_LEN(t->files) : 1,
				   .directories = t->directories,
				   .modes = modes,
				   .directory_count = keys ? 2 : 1,
				   .interrupted = interrupted,
				   .ctx = d};
}

static bool say(const struct fs_error *error)
{
	char text[1024];

	fs_error_text(error, text, sizeof(text));
	(void)cmd_fail(&cmd_init, "%s; nothing was written", text);
	return false;
}

/* Before anybody has answered anything. */
static bool is_free(struct dialogue *d, const struct target *t)
{
	struct init_files all = files_of(t, d, true);
	struct fs_error error;
	const char *path;

	if (!init_files_possible(&all, &error))
		return say(&error);
	if (!init_files_exist(&all, &path))
		return true;
	(void)cmd_fail(&cmd_init, "%s is there already, and is left as it is", path);
	return false;
}

static void print_next(const struct dialogue *d, const struct target *t, bool keys)
{
	const char *edition =
		d->options->compile.edition == EDITION_ENTERPRISE ? " --edition enterprise" : "";

	fprintf(stderr, "next: stwc check %s%s\n      stwc build %s%s -o mail.stwi\n", t->directory,
		edition, t->directory, edition);
	fprintf(stderr, "      stwd --image mail.stwi%s%s\n", keys ? " --secrets " : "",
		keys ? t->secrets : "");
}

static enum status write_files(struct dialogue *d, struct target *t, bool keys)
{
	struct init_files all = files_of(t, d, keys);
	struct fs_error error;
	size_t i;

	for (i = 0; i < ARRAY_LEN(t->files); i++)
		t->files[i].text = buf_str(&t->texts[i]);
	if (!init_files_write(&all, &error)) {
		(void)say(&error);
		return STATUS_FAILED;
	}
	if (d->options->quiet)
		return STATUS_VALID;
	for (i = 0; i < all.count; i++)
		fprintf(stderr, "wrote %s\n", all.files[i].path);
	print_next(d, t, keys);
	return STATUS_VALID;
}

static bool make_keys(struct target *t)
{
	size_t i;

	for (i = 0; i < INIT_KEYS; i++) {
		if (!key_make(init_keys[i].ed25519 ? KEY_ED25519 : KEY_RSA, 2048, &t->texts[i])) {
			(void)cmd_fail(&cmd_init, "no key can be made; nothing was written");
			return false;
		}
	}
	return true;
}

/* What the answers come to, together, may be wrong where each of them was right. */
static bool make_text(const struct init *init, struct target *t)
{
	struct compilation c;
	struct buf report = BUF_INIT;
	bool ok = init_text(init, &t->texts[INIT_KEYS], &c);
	size_t i;

	for (i = 0; !ok && i < c.diags.count; i++) {
		if (c.diags.all[i].severity != SEVERITY_NOTE)
			render_text(&report, &c.sources, &c.diags.all[i], false);
	}
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&report)));
	if (!ok)
		(void)cmd_fail(&cmd_init, "%s; nothing was written",
			       report.n ? "the answers do not fit each other" : "out of memory");
	buf_free(&report);
	compile_free(&c);
	return ok;
}

/* ---- the command ---- */

/* Each part fits those before it; were all of it wrong nevertheless, the questions come again, with
 * the answers as they were. */
static bool ask_all(struct dialogue *d, struct init *init, struct target *t)
{
	const struct init_talk talk = {ask, unfit, d};

	while (init_walk(init, &talk) && all_used(init)) {
		if (make_text(init, t))
			return true;
		if (!d->asks || !init_again(init))
			return false;
		buf_clear(&t->texts[INIT_KEYS]);
		fputs("\nThe questions again:\n\n", stderr);
	}
	if (init->arena.failed)
		(void)cmd_fail(&cmd_init, "out of memory");
	return false;
}

static enum status converse(struct dialogue *d, struct init *init, struct target *t)
{
	bool keys;

	init->edition = d->options->compile.edition;
	if (!read_given(init, d->options))
		return STATUS_FAILED;
	if (d->asks)
		fputs("An empty answer takes what stands in brackets; ? explains a question.\n\n",
		      stderr);
	if (!ask_all(d, init, t))
		return STATUS_FAILED;
	keys = init_is_on(init, "generateDkimKeys", true);
	if (keys && !make_keys(t))
		return STATUS_FAILED;
	return write_files(d, t, keys);
}

static enum status run(struct options *options)
{
	struct dialogue d = {.options = options, .status = STATUS_FAILED};
	struct target target = {.directory = NULL};
	struct init init;

	if (options->input_count > 1)
		return cmd_fail(&cmd_init, "where to? One directory, or none for this one");
	if (options->input_count && !*options->inputs[0].path)
		return cmd_fail(&cmd_init, "the directory has no name");
	d.asks = !options->yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	if (!terminal_hold(&d.terminal))
		return cmd_fail(&cmd_init, "%s", strerror(errno));
	if (!init_begin(&init) ||
	    !name_target(&target, options->input_count ? options->inputs[0].path : "."))
		d.status = cmd_fail(&cmd_init, "out of memory");
	else if (is_free(&d, &target))
		d.status = converse(&d, &init, &target);
	init_end(&init);
	free_target(&target);
	terminal_release(&d.terminal);
	return d.status;
}

const struct command cmd_init = {
	"init",
	"[OPTION…] [DIR]",
	"asks what a new server needs to know, and writes its first configuration",
	" edition hostname domain acme certificate key dkim data blob search in-memory directory "
	"tracer "
	"dns set yes quiet ",
	NULL,
	run};
