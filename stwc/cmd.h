/*
 * Commands: the only files of stwc that print. Each cmd_NAME.c holds one command of DESIGN.md
 * section 5; cmd_options.c reads what they have in common; main.c picks the command.
 */
#ifndef STW_STWC_CMD_H
#define STW_STWC_CMD_H

#include "core/render.h"
#include "stwc/compile.h"

/* Exit status of stwc. */
enum status {
	STATUS_VALID = 0,   /* diff: same */
	STATUS_INVALID = 1, /* diff: different */
	STATUS_FAILED = 2   /* usage, unreadable input, nothing to check */
};

/* Those behind OUTPUT_JSON are for diagnostics alone, the last two for the results of tests. */
enum output {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_SARIF,
	OUTPUT_GITHUB,
	OUTPUT_GCC,
	OUTPUT_TAP,
	OUTPUT_JUNIT
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct project;
struct sheet;

struct level_option {
	enum diag_code code;
	enum severity severity;
};

/* What the common options say, and the operands that are left. */
struct options {
	struct compile_options compile;
	enum output output;
	bool has_output; /* --format was given */
	enum color color;
	bool strict, quiet, help;
	size_t max_errors;
	struct level_option levels[2 * DIAG_CODE_COUNT]; /* the last word on a code counts */
	size_t level_count;
	const char *as;
	struct input *inputs; /* operands in order; --overlay FILE counts as one */
	size_t input_count;
	/* of single commands; unused ones are refused by the command's option list */
	const char *out;                 /* -o */
	const char *to;                  /* --to */
	const char *revision;            /* --revision */
	bool inline_secrets;             /* --allow-inline-secrets */
	bool reveal;                     /* --reveal-secrets */
	bool list;                       /* --list */
	bool check;                      /* --check */
	bool allow_loss;                 /* --allow-loss */
	struct compile_variable env[64]; /* --env, for compile.env */
	const char *types[16];           /* --type */
	size_t type_count;
	struct reference *reference; /* --schema, which compile.schema is made of */
	const char *schema_file;
	const char *with[64]; /* --with */
	size_t with_count;
	const char *answers[64]; /* --answer */
	size_t answer_count;
	struct option_word {
		const char *option, *value;
	} words[96]; /* options that one command alone knows the meaning of; see options_word */
	size_t word_count;
	bool yes;                 /* --yes */
	bool all;                 /* --all */
	const char *project_file; /* --project */
	const char *image;        /* --image … */
	size_t image_first;       /* … and the first of its inputs, which are the last */
	struct project *project;  /* what one of these three has read */
	bool has_now;
	int64_t now; /* --now; options_now has what else it may be */
};

/* What every command that compiles sources takes. */
#define CMD_SOURCE_OPTIONS                                                                      \
	" from as object overlay partial shapes target schema edition level strict max-errors " \
	"format color quiet now env project image "

/* No option but a mark among them: diagnostics are the command's own output, so that --format has
 * more values. */
#define CMD_DIAGNOSES "host secrets diagnoses "
/* The mark " cases ": results of tests are, and --format has the values for those. */

struct command {
	const char *name;
	const char *usage;   /* operands and own options, after "stwc NAME" */
	const char *summary; /* one line for --help */
	const char *options; /* long options that do something here, each between blanks:
			      * " to out revision "; --help is understood. Others are refused */
	const char *to;      /* the values of --to, "text|list", or NULL without that option */
	enum status (*run)(struct options *options);
};

extern const struct command cmd_check, cmd_build, cmd_dump, cmd_verify, cmd_get, cmd_ip, cmd_schema,
	cmd_explain, cmd_eval, cmd_graph;
extern const struct command cmd_clients;
extern const struct command cmd_zone;
extern const struct command cmd_convert, cmd_diff, cmd_fmt, cmd_migrate;
extern const struct command cmd_report, cmd_test;
extern const struct command cmd_hash, cmd_init;

/* Reads argv behind the command's name. False after a message on standard error. */
bool options_parse(const struct command *command, int argc, char **argv,
		   struct options *out) WARN_UNUSED;
void options_free(struct options *options);
/* What was given as an option that the command itself makes sense of, or NULL. */
const char *options_word(const struct options *options, const char *option);
/* The time that expiries are held against. */
int64_t options_now(const struct options *options);

/* The reference that the options ask for: the built-in one, or that with --schema over it. */
const struct schema *options_schema(const struct options *options);
/* Reads --schema FILE into options->compile.schema; options_free gives it back. False after a
 * message on standard error. */
bool reference_read(const struct command *command, const char *path,
		    struct options *options) WARN_UNUSED;
struct reference;
void reference_free(struct reference *reference);

/* Compiles the inputs and prints diagnostics as the options ask: text to standard error, all other
 * formats to standard output. `quiet_valid`: no summary line when all is well. The status says what
 * the command shall exit with; only with STATUS_VALID are the objects whole. The caller frees *c in
 * every case. */
enum status cmd_compile(const struct options *options, struct compilation *c,
			bool quiet_valid) WARN_UNUSED;
/* The two halves of it, for who wants to look before anything is printed: true where it ran. */
bool cmd_compile_run(const struct options *options, struct compilation *c) WARN_UNUSED;
enum status cmd_compile_end(const struct options *options, struct compilation *c, bool ran,
			    bool quiet_valid) WARN_UNUSED;
/* The diagnostics of one compilation, or of several: as text on standard error … */
void cmd_print_text(const struct options *options, const struct sources *sources,
		    const struct diags *diags);
/* … and in the other formats on standard output; the status, or STATUS_FAILED. */
enum status cmd_print_report(const struct options *options, const struct sources *sources,
			     const struct diags *diags, const struct render_summary *summary,
			     enum status status);
/* "valid: 12 objects in 2 files" and what only run time can show, on standard error where the
 * options want it. */
void cmd_print_summary(const struct options *options, const struct compilation *c,
		       enum status status);
/* What the options say of a compilation that ran, or did not. */
enum status cmd_verdict(const struct options *options, const struct compilation *c, bool ran);
size_t cmd_count_objects(const struct compilation *c);

/* Reads the project file that the options name, or stw.toml. False after a message on standard
 * error. */
bool cmd_project_read(const struct command *command, struct options *options) WARN_UNUSED;
void cmd_project_free(struct options *options);
/* Compiles every image of the project, prints the diagnostics of all of them, each once, and gives
 * each image that is valid to `use`, with its name; NULL: nothing is to be done with it. The worst
 * status of all. */
enum status cmd_project_all(const struct options *options,
			    enum status (*use)(const struct options *options, const char *name,
					       struct compilation *c));
/* Mistakes in a small file of our own (stwc/sheet.h), as text; STATUS_FAILED. */
enum status cmd_refuse_sheet(const struct command *command, const struct sheet *sheet);

/* "stwc NAME: message" on standard error; STATUS_FAILED. */
enum status cmd_fail(const struct command *command, const char *format, ...) PRINTF_LIKE(2, 3);
/* Writes a finished buffer to standard output; STATUS_FAILED when that fails. */
enum status cmd_print(struct buf *text, enum status status);

#endif
