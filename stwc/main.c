/* stwc: picks the command. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/suggest.h"
#include "stwc/cmd.h"

static const struct command *const commands[] = {
	&cmd_check,   &cmd_build, &cmd_dump,    &cmd_verify,  &cmd_get,  &cmd_ip,     &cmd_schema,
	&cmd_explain, &cmd_eval,  &cmd_graph,   &cmd_convert, &cmd_diff, &cmd_fmt,    &cmd_migrate,
	&cmd_test,    &cmd_hash,  &cmd_clients, &cmd_zone,    &cmd_init, &cmd_report,
};

static void print_help(FILE *out)
{
	size_t i;

	fputs("usage: stwc COMMAND [OPTION…] [OPERAND…]\n\n", out);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nstwc COMMAND --help tells its options, --version the version, stwc(1) all of "
	      "it.\n",
	      out);
}

static enum status flush(enum status status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fputs("stwc: cannot write to standard output\n", stderr);
	return STATUS_FAILED;
}

static enum status no_command(const char *name)
{
	struct suggestion best;
	size_t i;

	suggest_start(&best, str_c(name));
	for (i = 0; i < ARRAY_LEN(commands); i++)
		suggest_offer(&best, str_c(commands[i]->name));
	fprintf(stderr, "stwc: there is no command '%s'", name);
	if (best.best.n)
		fprintf(stderr, "; did you mean '%.*s'?\n", STR_ARG(best.best));
	else
		fputs("; see stwc --help\n", stderr);
	return STATUS_FAILED;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct options options;
	enum status status = STATUS_FAILED;

	if (options_parse(command, argc, argv, &options))
		status = options.help ? STATUS_VALID : command->run(&options);
	options_free(&options);
	return (int)flush(status);
}

static int run_help(const char *name)
{
	const struct command *command = find_command(name);
	char help[] = "--help", *words[] = {help};

	return command ? run_command(command, 1, words) : (int)no_command(name);
}

int main(int argc, char **argv)
{
	const struct command *command;

	/* a write beyond the limit of file sizes is an error to report, not the end */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return STATUS_FAILED;
	}
	if (strcmp(argv[1], "help") == 0 && argc > 2)
		return run_help(argv[2]);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return (int)flush(STATUS_VALID);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("stwc %s (reference %s)\n", PACKAGE_VERSION, schema_builtin.version);
		return (int)flush(STATUS_VALID);
	}
	command = find_command(argv[1]);
	if (!command)
		return (int)no_command(argv[1]);
	return run_command(command, argc - 2, argv + 2);
}
