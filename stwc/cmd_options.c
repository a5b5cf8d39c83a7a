/* All options, each at one place; a command names those that do something there. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "core/suggest.h"
#include "grammar/scalar.h"
#include "stwc/cmd.h"
#include "stwc/project.h"
#include "stwc/state.h"

#define FORMATS_FEW "text|json"
#define FORMATS_ALL "text|json|sarif|github|gcc"
#define FORMATS_CASES "tap|junit"

struct parser {
	const struct command *command;
	struct options *options;
	size_t input_cap;
	const char *name; /* of the option whose value is being set */
	bool *given;      /* by row: the option had a value */
};

struct option_row {
	const char *name;     /* without dashes */
	const char *argument; /* name of its argument, or NULL */
	bool repeats;         /* may be given more than once */
	const char *help;
	bool (*set)(struct parser *p, const char *value);
};

static bool complain(const struct parser *p, const char *format, ...) PRINTF_LIKE(2, 3);
static bool complain(const struct parser *p, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "stwc %s: ", p->command->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; see stwc %s --help\n", p->command->name);
	return false;
}

static bool diagnoses(const struct command *command)
{
	return strstr(command->options, " diagnoses ") != NULL;
}

/* The outputs that a command has, from `first` up to `end`, and how --help shows them. */
static const char *outputs_of(const struct command *command, size_t *first, size_t *end)
{
	*first = OUTPUT_TEXT;
	*end = OUTPUT_JSON + 1;
	if (strstr(command->options, " cases ")) {
		*first = OUTPUT_TAP;
		*end = OUTPUT_JUNIT + 1;
		return FORMATS_CASES;
	}
	if (!diagnoses(command))
		return FORMATS_FEW;
	*end = OUTPUT_GCC + 1;
	return FORMATS_ALL;
}

static bool set_format(struct parser *p, const char *value)
{
	static const char *const words[] = {
		[OUTPUT_TEXT] = "text",     [OUTPUT_JSON] = "json", [OUTPUT_SARIF] = "sarif",
		[OUTPUT_GITHUB] = "github", [OUTPUT_GCC] = "gcc",   [OUTPUT_TAP] = "tap",
		[OUTPUT_JUNIT] = "junit",
	};
	size_t first, end, i;
	const char *shown = outputs_of(p->command, &first, &end);

	p->options->has_output = true;
	for (i = first; i < end; i++) {
		if (strcmp(value, words[i]) == 0) {
			p->options->output = (enum output)i;
			return true;
		}
	}
	return complain(p, "--format is %s, not '%s'", shown, value);
}

static bool no_code(const struct parser *p, struct str word)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, word);
	for (i = 0; i < DIAG_CODE_COUNT; i++)
		suggest_offer(&best, str_c(diag_code_info((enum diag_code)i)->word));
	if (best.best.n)
		return complain(p, "no diagnostic has the code '%.*s' (did you mean '%.*s'?)",
				STR_ARG(word), STR_ARG(best.best));
	return complain(p, "no diagnostic has the code '%.*s'; stwc explain --list names them",
			STR_ARG(word));
}

static bool set_level(struct parser *p, const char *value)
{
	static const char *const words[] = {"error", "warning", "note", "off"};
	const char *equals = strchr(value, '=');
	struct level_option *level = &p->options->levels[p->options->level_count];
	size_t i;

	if (!equals || p->options->level_count == ARRAY_LEN(p->options->levels))
		return complain(p, "--level takes CODE=error|warning|note|off");
	if (!diag_code_find((struct str){value, (size_t)(equals - value)}, &level->code))
		return no_code(p, (struct str){value, (size_t)(equals - value)});
	for (i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(equals + 1, words[i]) == 0) {
			if (i == SEVERITY_OFF &&
			    diag_code_info(level->code)->severity == SEVERITY_ERROR)
				return complain(p, "%s is an error, which cannot be off",
						diag_code_info(level->code)->word);
			level->severity = (enum severity)i;
			p->options->level_count++;
			return true;
		}
	}
	return complain(p, "--level takes CODE=error|warning|note|off");
}

static bool set_strict(struct parser *p, const char *value UNUSED)
{
	return p->options->strict = true;
}

static bool set_max_errors(struct parser *p, const char *value)
{
	uint64_t number;

	if (num_u64(str_c(value), &number) != NUM_OK || number > SIZE_MAX)
		return complain(p, "--max-errors takes a number, not '%s'", value);
	p->options->max_errors = (size_t)number;
	return true;
}

static bool set_from(struct parser *p, const char *value)
{
	p->options->compile.from = format_of_word(str_c(value));
	if (p->options->compile.from == FORMAT_NONE)
		return complain(p, "--from is toml, yaml, json, ndjson or settings, not '%s'",
				value);
	return true;
}

static bool set_as(struct parser *p, const char *value)
{
	p->options->as = value;
	return true;
}

static bool is_of_configuration(const struct schema_object *type)
{
	return type->kind != OBJECT_VIEW && !type->data;
}

/* True where a type of a configuration is called so; else complains. */
static bool is_type(const struct parser *p, const char *value)
{
	const struct schema *schema = options_schema(p->options);
	const struct schema_object *type = schema_object_find(schema, str_c(value));
	struct suggestion best;
	size_t i;

	if (type && is_of_configuration(type))
		return true;
	suggest_start(&best, str_c(value));
	for (i = 0; i < schema->object_count; i++) {
		if (is_of_configuration(&schema->objects[i]))
			suggest_offer(&best, str_c(schema->objects[i].name));
	}
	if (best.best.n)
		return complain(p,
				"no object type of a configuration is called '%s' (did you mean "
				"'%.*s'?)",
				value, STR_ARG(best.best));
	return complain(p, "no object type of a configuration is called '%s'", value);
}

static bool set_object(struct parser *p, const char *value)
{
	p->options->compile.object = value;
	return true;
}

/* Parts of objects are checked too, and so are types that hold data. */
static bool is_body(const struct parser *p, const char *value)
{
	const struct schema *schema = options_schema(p->options);
	const struct schema_object *type = schema_object_find(schema, str_c(value));
	bool part = !type && schema_structure_find(schema, str_c(value));

	return part || (type && type->kind != OBJECT_VIEW) || is_type(p, value);
}

static bool add_word(struct parser *p, const char *option, const char **words, size_t *count,
		     size_t cap, const char *value)
{
	if (*count == cap)
		return complain(p, "--%s is given more than %zu times", option, cap);
	words[(*count)++] = value;
	return true;
}

static bool add_type(struct parser *p, const char *value)
{
	struct options *o = p->options;

	return add_word(p, "type", o->types, &o->type_count, ARRAY_LEN(o->types), value);
}

static bool set_partial(struct parser *p, const char *value UNUSED)
{
	return p->options->compile.partial = true;
}

static bool set_shapes(struct parser *p, const char *value)
{
	if (strcmp(value, "own") != 0 && strcmp(value, "server") != 0)
		return complain(p, "--shapes is own or server, not '%s'", value);
	p->options->compile.has_shapes = true;
	p->options->compile.shapes = strcmp(value, "own") == 0 ? SHAPES_OWN : SHAPES_SERVER;
	return true;
}

static bool set_target(struct parser *p, const char *value)
{
	if (compile_target(value, &p->options->compile.target))
		return true;
	return complain(p, "--target is a version from 0.16.0 to %s, not '%s'",
			schema_builtin.version, value);
}

static bool set_schema(struct parser *p, const char *value)
{
	p->options->schema_file = value;
	return true;
}

static bool set_for(struct parser *p, const char *value)
{
	if (strcmp(value, "server") != 0 && strcmp(value, "stwd") != 0)
		return complain(p, "--for is server or stwd, not '%s'", value);
	p->options->compile.audience = strcmp(value, "stwd") == 0 ? FOR_STWD : FOR_SERVER;
	return true;
}

static bool set_edition(struct parser *p, const char *value)
{
	if (strcmp(value, "community") != 0 && strcmp(value, "enterprise") != 0)
		return complain(p, "--edition is community or enterprise, not '%s'", value);
	p->options->compile.edition =
		strcmp(value, "enterprise") == 0 ? EDITION_ENTERPRISE : EDITION_COMMUNITY;
	return true;
}

static bool set_now(struct parser *p, const char *value)
{
	p->options->has_now = true;
	if (num_i64(str_c(value), &p->options->now) == NUM_OK ||
	    scalar_date_time(str_c(value), &p->options->now) == SCALAR_OK)
		return true;
	return complain(p, "--now takes seconds or a date such as 2026-03-01T12:00:00Z, not '%s'",
			value);
}

static bool set_host(struct parser *p, const char *value UNUSED)
{
	return p->options->compile.host = true;
}

static bool set_secrets(struct parser *p, const char *value)
{
	p->options->compile.secrets = value;
	return true;
}

static bool set_color(struct parser *p, const char *value)
{
	if (strcmp(value, "auto") == 0)
		p->options->color = COLOR_AUTO;
	else if (strcmp(value, "always") == 0)
		p->options->color = COLOR_ALWAYS;
	else if (strcmp(value, "never") == 0)
		p->options->color = COLOR_NEVER;
	else
		return complain(p, "--color is auto, always or never, not '%s'", value);
	return true;
}

static bool set_quiet(struct parser *p, const char *value UNUSED)
{
	return p->options->quiet = true;
}

static bool set_help(struct parser *p, const char *value UNUSED)
{
	return p->options->help = true;
}

static bool set_out(struct parser *p, const char *value)
{
	p->options->out = value;
	return true;
}

static bool set_to(struct parser *p, const char *value)
{
	p->options->to = value;
	return true;
}

static bool set_revision(struct parser *p, const char *value)
{
	p->options->revision = value;
	return true;
}

static bool set_inline(struct parser *p, const char *value UNUSED)
{
	return p->options->inline_secrets = true;
}

static bool set_reveal(struct parser *p, const char *value UNUSED)
{
	return p->options->reveal = true;
}

static bool set_allow_loss(struct parser *p, const char *value UNUSED)
{
	return p->options->allow_loss = true;
}

static bool add_env(struct parser *p, const char *value)
{
	struct compile_options *o = &p->options->compile;
	const char *equals = strchr(value, '=');

	if (!equals || equals == value)
		return complain(p, "--env takes NAME=VALUE, not '%s'", value);
	if (o->env_count == ARRAY_LEN(p->options->env))
		return complain(p, "--env is given more than %zu times",
				ARRAY_LEN(p->options->env));
	p->options->env[o->env_count++] =
		(struct compile_variable){{value, (size_t)(equals - value)}, str_c(equals + 1)};
	o->env = p->options->env;
	return true;
}

static bool set_check(struct parser *p, const char *value UNUSED)
{
	return p->options->check = true;
}

static bool add_with(struct parser *p, const char *value)
{
	struct options *o = p->options;

	return add_word(p, "with", o->with, &o->with_count, ARRAY_LEN(o->with), value);
}

static bool add_answer(struct parser *p, const char *value)
{
	struct options *o = p->options;

	return add_word(p, "answer", o->answers, &o->answer_count, ARRAY_LEN(o->answers), value);
}

/* The command itself makes sense of it. */
static bool add_option_word(struct parser *p, const char *value)
{
	struct options *o = p->options;

	if (o->word_count == ARRAY_LEN(o->words))
		return complain(p, "there are more than %zu answers", ARRAY_LEN(o->words));
	o->words[o->word_count++] = (struct option_word){p->name, value};
	return true;
}

static bool set_all(struct parser *p, const char *value UNUSED)
{
	return p->options->all = true;
}

static bool set_project(struct parser *p, const char *value)
{
	p->options->project_file = value;
	return true;
}

static bool set_image(struct parser *p, const char *value)
{
	p->options->image = value;
	return true;
}

static bool set_yes(struct parser *p, const char *value UNUSED)
{
	return p->options->yes = true;
}

static bool set_list(struct parser *p, const char *value UNUSED)
{
	return p->options->list = true;
}

static bool add_input(struct parser *p, const char *path, bool overlay)
{
	struct options *o = p->options;

	if (!state_grow((void **)&o->inputs, &p->input_cap, o->input_count, sizeof(*o->inputs)))
		return complain(p, "out of memory");
	o->inputs[o->input_count++] = (struct input){.path = path, .overlay = overlay};
	return true;
}

static bool set_overlay(struct parser *p, const char *value)
{
	return add_input(p, value, true);
}

static const struct option_row rows[] = {
	{"out", "FILE", false, "where to write (-o)", set_out},
	{"to", "FORMAT", false, "the format to write", set_to},
	{"revision", "TEXT", false, "a revision to keep in the image", set_revision},
	{"allow-inline-secrets", NULL, false, "accept secrets that stand in the sources",
	 set_inline},
	{"reveal-secrets", NULL, false, "write inline secrets out", set_reveal},
	{"check", NULL, false, "change nothing; exit 1 where something would change", set_check},
	{"list", NULL, false, "list what there is", set_list},
	{"with", "NAME=VALUE", true, "the value of a variable, or of a global ($x)", add_with},
	{"answer", "CALL=VALUE", true, "what a look-up finds, or every call of it", add_answer},
	{"part", "1|2", false, "the first or the second of two plans", add_option_word},
	{"against", "IMAGE", false, "tell what differs from this one, too", add_option_word},
	{"domain", "NAME", false, "the domain in question", add_option_word},
	{"all", NULL, false, "every image of the project", set_all},
	{"image", "NAME", false, "the sources of this image of the project", set_image},
	{"project", "FILE", false, "the project file, else stw.toml in this folder", set_project},
	{"type", "TYPE", true, "only objects of this type, and between those", add_type},
	{"allow-loss", NULL, false, "exit 0 although settings were dropped", set_allow_loss},
	{"origin", "ZONE", false, "the zone that the domain lies in, where it is none itself",
	 add_option_word},
	{"address", "[NAME=]IP", true, "an address of the server, or of the host NAME",
	 add_option_word},
	{"ns", "NAME", true, "a name server of the zone, the first one its primary",
	 add_option_word},
	{"previous", "FILE", false, "the zone as it was; the serial moves where a record changed",
	 add_option_word},
	{"caa", "NAME", true, "an authority that may issue certificates, as CAA names it",
	 add_option_word},
	{"skip", "KIND", true, "leave records of this kind out (dkim, mtaSts, ...)",
	 add_option_word},
	{"tlsa", NULL, false, "TLSA records too, of the certificate", add_option_word},
	{"hostname", "NAME", false, "of this server", add_option_word},
	{"acme", "yes|no", false, "get a certificate from Let's Encrypt", add_option_word},
	{"certificate", "FILE", false, "a certificate chain in PEM", add_option_word},
	{"key", "FILE", false, "its private key", add_option_word},
	{"dkim", "yes|no", false, "make DKIM keys", add_option_word},
	{"data", "STORE", false, "where mail and settings are kept", add_option_word},
	{"blob", "STORE", false, "where the content of messages is kept", add_option_word},
	{"search", "STORE", false, "where the full-text index is kept", add_option_word},
	{"in-memory", "STORE", false, "where counters and locks are kept", add_option_word},
	{"directory", "KIND", false, "where accounts come from", add_option_word},
	{"tracer", "KIND", false, "where log messages go", add_option_word},
	{"dns", "KIND", false, "who keeps the DNS records", add_option_word},
	{"set", "FIELD=ANSWER", true, "the answer to another question", add_option_word},
	{"yes", NULL, false, "ask nothing: take defaults (-y)", set_yes},
	{"memory", "KIB", false, "memory that each log-in takes (65536)", add_option_word},
	{"iterations", "N", false, "passes over that memory (3)", add_option_word},
	{"lanes", "N", false, "parts that are worked on at once (4)", add_option_word},
	{"for", "server|stwd", false, "stwd: say what stwd does not enact", set_for},
	{"host", NULL, false, "open the files and variables that are named", set_host},
	{"secrets", "DIR", false, "with --host, where relative files are", set_secrets},
	{"strict", NULL, false, "warnings fail", set_strict},
	{"level", "CODE=LEVEL", true, "make a diagnostic an error, warning, note, or off",
	 set_level},
	{"target", "0.16.N", false, "the server version to check for", set_target},
	{"schema", "FILE", false, "a server's schema.json: check for the version it is of",
	 set_schema},
	{"edition", "NAME", false, "community, or enterprise with a licence", set_edition},
	{"now", "TIME", false, "the time that expiries go by", set_now},
	{"from", "FORMAT", false, "read as toml, yaml, json, ndjson or settings", set_from},
	{"as", "NAME", false, "the name of standard input in diagnostics", set_as},
	{"object", "TYPE", false, "the sources are bodies of this type", set_object},
	{"overlay", "FILE", true, "a source that may change objects of earlier ones", set_overlay},
	{"partial", NULL, false, "a fragment: references may lie outside", set_partial},
	{"shapes", "own|server", false, "which spellings of values are accepted", set_shapes},
	{"env", "NAME=VALUE", true, "what %{env:NAME}% of 0.15 settings stands for", add_env},
	{"format", FORMATS_FEW, false, "for people, or for programs", set_format},
	{"max-errors", "N", false, "print at most N of each severity (50; 0: all)", set_max_errors},
	{"color", "WHEN", false, "auto, always or never", set_color},
	{"quiet", NULL, false, "print no more than what was asked for (-q)", set_quiet},
	{"help", NULL, false, "this text (-h)", set_help},
};

static bool takes(const struct command *command, const struct option_row *row)
{
	char word[40];

	(void)snprintf(word, sizeof(word), " %s ", row->name); /* names are short */
	return strcmp(row->name, "help") == 0 || strstr(command->options, word);
}

/* "--to toml|yaml" */
static void print_left(char *out, size_t size, const struct command *command,
		       const struct option_row *row)
{
	const char *argument = row->argument;
	size_t first, end;

	if (row->set == set_to)
		argument = command->to;
	if (row->set == set_format)
		argument = outputs_of(command, &first, &end);
	(void)snprintf(out, size, "--%s%s%s", row->name, argument ? " " : "",
		       argument ? argument : "");
}

/* What is longer than the column of options has the line to itself. */
#define HELP_COLUMN 36

static void print_usage(const struct command *command)
{
	char left[128];
	size_t width = 0, i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_left(left, sizeof(left), command, &rows[i]);
		if (takes(command, &rows[i]) && strlen(left) > width && strlen(left) <= HELP_COLUMN)
			width = strlen(left);
	}
	printf("usage: stwc %s %s\n\n%s\n\n", command->name, command->usage, command->summary);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_left(left, sizeof(left), command, &rows[i]);
		if (takes(command, &rows[i]) && strlen(left) > width)
			printf("  %s\n  %-*s %s\n", left, (int)width, "", rows[i].help);
		else if (takes(command, &rows[i]))
			printf("  %-*s %s\n", (int)width, left, rows[i].help);
	}
}

static const struct option_row *find_row(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq_c(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

static bool no_option(const struct parser *p, struct str name, const char *arg)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, name);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		if (takes(p->command, &rows[i]))
			suggest_offer(&best, str_c(rows[i].name));
	}
	if (best.best.n)
		return complain(p, "there is no option '%s' (did you mean --%.*s?)", arg,
				STR_ARG(best.best));
	return complain(p, "there is no option '%s'", arg);
}

static struct str short_option(const char *arg)
{
	if (strcmp(arg, "-o") == 0)
		return STR("out");
	if (strcmp(arg, "-q") == 0)
		return STR("quiet");
	if (strcmp(arg, "-y") == 0)
		return STR("yes");
	if (strcmp(arg, "-h") == 0)
		return STR("help");
	return STR_NONE;
}

/* Two answers to one question are a mistake in somebody's script. */
static bool set_value(struct parser *p, const struct option_row *row, const char *value)
{
	bool *given = &p->given[row - rows];

	if (!row->repeats && *given)
		return complain(p, "--%s is given twice", row->name);
	*given = true;
	return row->set(p, value);
}

/* One argument, and its value where that is the next one; *i moves over both. */
static bool parse_argument(struct parser *p, int argc, char **argv, int *i)
{
	const char *arg = argv[*i], *equals = NULL;
	const struct option_row *row;
	struct str name;

	if (arg[0] != '-' || strcmp(arg, "-") == 0)
		return add_input(p, arg, false);
	if (arg[1] == '-') {
		equals = strchr(arg, '=');
		name = equals ? (struct str){arg + 2, (size_t)(equals - arg) - 2} : str_c(arg + 2);
	} else {
		name = short_option(arg);
	}
	row = find_row(name);
	if (!row)
		return no_option(p, name, arg);
	if (!takes(p->command, row)) /* silence would say that it had been heeded */
		return complain(p, "--%s does nothing for this command", row->name);
	p->name = row->name;
	if (!row->argument)
		return equals ? complain(p, "--%s takes no value", row->name) : row->set(p, NULL);
	if (equals)
		return set_value(p, row, equals + 1);
	if (*i + 1 >= argc)
		return complain(p, "%s needs a value", arg);
	return set_value(p, row, argv[++*i]);
}

/* Types are looked up in the reference that is asked for, wherever that stands among the words. */
static bool find_types(struct parser *p)
{
	struct options *o = p->options;
	size_t i;

	if (o->schema_file && o->compile.target)
		return complain(
			p, "--schema says by itself which version it is of: leave --target out");
	if (o->schema_file && !reference_read(p->command, o->schema_file, o))
		return false;
	if (o->compile.object && !is_body(p, o->compile.object))
		return false;
	for (i = 0; i < o->type_count; i++) {
		if (!is_type(p, o->types[i]))
			return false;
	}
	return true;
}

/* It can be read once, and --as names it. */
static bool name_standard_input(struct parser *p)
{
	struct options *o = p->options;
	size_t count = 0, i;

	for (i = 0; i < o->input_count; i++) {
		if (strcmp(o->inputs[i].path, "-") != 0)
			continue;
		o->inputs[i].name = o->as;
		count++;
	}
	if (count > 1)
		return complain(p, "standard input can be read only once");
	if (o->as && !count)
		return complain(p, "--as names standard input, which is not among the sources");
	return true;
}

static bool was_given(const struct parser *p, const char *name)
{
	const struct option_row *row = find_row(str_c(name));

	return row && p->given[row - rows];
}

/* What the project says for all of its images; the command line says it better. */
static bool heed_project(struct parser *p)
{
	struct options *o = p->options;
	struct level_option own[ARRAY_LEN(o->levels)];
	const struct project *project = o->project;
	size_t count = project->level_count;

	if (count + o->level_count > ARRAY_LEN(own))
		return complain(p, "too many levels");
	memcpy(own, o->levels, o->level_count * sizeof(*own));
	memcpy(o->levels + count, own, o->level_count * sizeof(*own));
	for (size_t i = 0; i < count; i++)
		o->levels[i] =
			(struct level_option){project->levels[i].code, project->levels[i].severity};
	o->level_count += count;
	o->strict = o->strict || project->strict;
	if (!was_given(p, "target") && !o->schema_file)
		o->compile.target = project->target;
	if (!was_given(p, "edition") && project->has_edition)
		o->compile.edition = project->edition;
	return true;
}

/* --image NAME stands for its sources. */
static bool add_image(struct parser *p)
{
	struct str nearest;
	const struct project_image *image =
		project_image_find(p->options->project, p->options->image, &nearest);

	if (!image && nearest.n)
		return complain(p, "the project has no image '%s' (did you mean '%.*s'?)",
				p->options->image, STR_ARG(nearest));
	if (!image)
		return complain(p, "the project has no image '%s'", p->options->image);
	p->options->image_first = p->options->input_count;
	for (size_t i = 0; i < image->count; i++)
		if (!add_input(p, image->inputs[i].path, image->inputs[i].overlay))
			return false;
	return true;
}

static bool take_project(struct parser *p)
{
	struct options *o = p->options;

	if (!o->all && !o->image && !o->project_file)
		return true;
	if (!o->all && !o->image)
		return complain(p, "--project wants %s",
				takes(p->command, find_row(STR("all"))) ? "--all, or --image NAME"
									: "--image NAME");
	if (o->all && (o->image || o->input_count))
		return complain(p, "--all stands for every image of the project, with its sources");
	if (!cmd_project_read(p->command, o) || !heed_project(p))
		return false;
	return !o->image || add_image(p);
}

/* A workflow of GitHub Actions shows annotations where it is told nothing else. */
static void choose_output(const struct command *command, struct options *options)
{
	const char *actions = getenv("GITHUB_ACTIONS");

	if (diagnoses(command) && !options->has_output && actions && strcmp(actions, "true") == 0)
		options->output = OUTPUT_GITHUB;
}

bool options_parse(const struct command *command, int argc, char **argv, struct options *out)
{
	bool given[ARRAY_LEN(rows)] = {false}, operands = false;
	struct parser p = {.command = command, .options = out, .given = given};
	int i;

	*out = (struct options){.max_errors = 50};
	for (i = 0; i < argc; i++) {
		if (!operands && strcmp(argv[i], "--") == 0) {
			operands = true;
			continue;
		}
		if (!(operands ? add_input(&p, argv[i], false)
			       : parse_argument(&p, argc, argv, &i)))
			return false;
	}
	choose_output(command, out);
	if (out->help)
		print_usage(command);
	out->compile.now = options_now(out);
	return out->help || (find_types(&p) && take_project(&p) && name_standard_input(&p));
}

const char *options_word(const struct options *options, const char *option)
{
	size_t i;

	for (i = 0; i < options->word_count; i++) {
		if (strcmp(options->words[i].option, option) == 0)
			return options->words[i].value;
	}
	return NULL;
}

void options_free(struct options *options)
{
	free(options->inputs);
	reference_free(options->reference);
	cmd_project_free(options);
}

int64_t options_now(const struct options *options)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	int64_t now;

	if (options->has_now)
		return options->now;
	if (epoch && num_i64(str_c(epoch), &now) == NUM_OK)
		return now;
	return (int64_t)time(NULL);
}
