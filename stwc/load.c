/* Inputs: files, directories, standard input; each with its format and dialect. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "libstw/format.h"
#include "stwc/include.h"
#include "stwc/stream.h"

#define INPUT_LIMIT ((size_t)2 << 30)
#define INCLUDE_DEPTH 16

/* One file to read. */
struct request {
	const char *path; /* "-": standard input */
	const char *name; /* in diagnostics */
	bool overlay;
	const struct include *include; /* that asks for it; NULL: the command line does */
	struct str text;               /* .p not NULL: it is in memory, and copied */
};

static bool load_included(struct compilation *c, struct str by, const struct include *include);

/* `place`: where the file is asked for, or none. */
static bool unreadable(struct compilation *c, struct span place, const struct fs_error *error)
{
	char text[1024];

	fs_error_text(error, text, sizeof(text));
	diag_file(&c->diags, diag_add(&c->diags, DIAG_UNREADABLE, place, "%s", text), "%s",
		  error->path);
	c->unreadable = true;
	return true;
}

/* The name without directories and without what follows its first dot. */
static struct str stem_of(struct str name)
{
	size_t start = name.n, end;

	while (start > 0 && name.p[start - 1] != '/')
		start--;
	for (end = start; end < name.n && name.p[end] != '.'; end++)
		;
	return (struct str){name.p + start, end - start};
}

/* What --object names. A structure that only occurs inside objects is checked like the data of a
 * server: by itself, and it becomes no object. */
static const struct schema_object *named_type(struct compilation *c, struct str name)
{
	const struct schema_object *type = schema_object_find(c->schema, name);
	const struct schema_structure *structure =
		type ? NULL : schema_structure_find(c->schema, name);
	struct schema_object *inner = structure ? ARENA_NEW(&c->arena, struct schema_object) : NULL;

	if (!inner)
		return type;
	*inner = (struct schema_object){.name = structure->name,
					.wire_name = structure->name,
					.kind = OBJECT_COLLECTION,
					.data = true,
					.structure = structure};
	return inner;
}

static const struct schema_object *implied_type(struct compilation *c, struct str name)
{
	const struct schema_object *type;

	if (c->options.object)
		return named_type(c, str_c(c->options.object));
	type = schema_object_find(c->schema, stem_of(name));
	return type && type->kind != OBJECT_VIEW && !type->data ? type : NULL;
}

static bool split_collections(void *ctx, struct str key)
{
	struct file *file = ctx;
	const struct schema_object *type;

	/* a file that is named after a type may hold stw's own form all the same */
	if (file->dialect != DIALECT_OWN &&
	    (file->dialect != DIALECT_BODIES || file->c->options.object))
		return false;
	type = schema_object_find(file->c->schema, key);
	return type && type->kind == OBJECT_COLLECTION;
}

static struct compile_text *text_of(const struct file *file)
{
	return &file->c->state->texts[file->source->number - 1];
}

static bool looks_like_operation(const struct node *value)
{
	return value->kind == NODE_MAP && node_map_find(value, STR("object")) &&
	       node_map_find(value, STR("@type"));
}

/* A file named after a type holds bodies of it, unless its own keys are types after all. Lines that
 * are no bodies are a plan, and so are operations in a list, or one alone. An element that could
 * not be read settles nothing. */
static bool settle_dialect(struct file *file, enum reader_root root,
			   const struct reader_element *element)
{
	bool by_name = file->implied && !file->c->options.object;
	struct compile_text *text = text_of(file);

	file->settled = root == READER_ROOT_MAP || element->value->kind != NODE_POISON;
	if (file->dialect == DIALECT_SETTINGS || file->c->options.object)
		return true;
	if (root == READER_ROOT_MAP) {
		if (by_name && (schema_object_find(file->c->schema, element->key) ||
				include_is_key(element->key)))
			file->dialect = DIALECT_OWN;
		else if (!by_name && dialect_is_operation(element->key))
			file->dialect = DIALECT_PLAN;
	} else if (looks_like_operation(element->value) ||
		   (root == READER_ROOT_LINES && !by_name)) {
		file->dialect = DIALECT_PLAN;
	}
	if (file->dialect != DIALECT_PLAN)
		return true;
	if (!file->c->options.has_shapes)
		text->shapes = SHAPES_SERVER;
	if (text->plan)
		return true;
	text->plan = true;
	return root == READER_ROOT_MAP || plan_destroys(file);
}

static bool give_element(struct file *file, enum reader_root root,
			 const struct reader_element *element)
{
	switch (file->dialect) {
	case DIALECT_OWN:
		if (root == READER_ROOT_MAP)
			return dialect_own(file, element);
		if (element->value->kind != NODE_POISON && !file->wrong_root)
			diag_hint(&file->c->diags,
				  diag_add(&file->c->diags, DIAG_WRONG_ROOT, element->value->span,
					   "the file is no map from object types to objects"),
				  "name the type with --object TYPE, or name the file TYPE.json");
		file->wrong_root = file->wrong_root || element->value->kind != NODE_POISON;
		return true;
	case DIALECT_BODIES: return dialect_bodies(file, element);
	case DIALECT_PLAN: return dialect_plan(file, element);
	case DIALECT_SETTINGS: return dialect_settings(file, element);
	}
	return false;
}

/* What a dialect has kept until the end of the file. */
static bool end_of_file(struct file *file)
{
	switch (file->dialect) {
	case DIALECT_OWN: return true;
	case DIALECT_BODIES: return dialect_bodies_end(file);
	case DIALECT_PLAN: return dialect_plan_end(file);
	case DIALECT_SETTINGS: file->c->has_settings = true; return dialect_settings_end(file);
	}
	return false;
}

/* Everything that can be read of the text that is there. */
static bool read_available(struct file *file, struct reader *reader)
{
	struct compilation *c = file->c;
	struct reader_element element;

	for (;;) {
		enum reader_status status;

		arena_reset(&c->scratch);
		file->volatile_nodes = file->passing && file->last_packed;
		if (!file->volatile_nodes)
			text_of(file)->keeps = true;
		status = file->volatile_nodes
				 ? reader_next(reader, &c->scratch, &c->scratch, &element)
				 : reader_next(reader, &c->nodes, &c->arena, &element);
		if (status == READER_FAILED)
			return false;
		if (status == READER_END)
			return true;
		if ((!file->settled && !settle_dialect(file, reader_root(reader), &element)) ||
		    !give_element(file, reader_root(reader), &element))
			return false;
	}
}

static void recall(void *owner)
{
	/* load_report_lost tells when it failed */
	(void)stream_recall(owner);
}

/* The next part of a text that comes in parts. What has been read goes, unless something of it is
 * still of use: objects point into it, and diagnostics show it. *more: there was one. */
static bool next_part(struct file *file, struct stream *stream, size_t diags, bool *more)
{
	struct compilation *c = file->c;
	struct str text = file->source->text;
	struct fs_error error;

	*more = false;
	if (!stream || stream_at_end(stream))
		return true;
	if (c->diags.count != diags)
		text_of(file)->keeps = true;
	/* a map that was begun is never left behind by what goes */
	if ((c->options.image || file->source->lines) && !source_map_lines(file->source))
		return false;
	if (!text_of(file)->keeps)
		stream_let_go(stream, text.n);
	if (!stream_more(stream, &text, &error))
		return unreadable(c, SPAN_NONE, &error);
	source_grow(file->source, text);
	*more = true;
	return true;
}

static bool read_elements(struct file *file, struct reader *reader, struct stream *stream)
{
	struct compilation *c = file->c;
	size_t diags = c->diags.count;
	bool more = true;

	while (more) {
		if (!read_available(file, reader) || !next_part(file, stream, diags, &more))
			return false;
	}
	if (stream && (text_of(file)->keeps || c->diags.count != diags))
		recall(stream);
	file->empty_body = !file->settled && c->options.object &&
			   reader_root(reader) == READER_ROOT_MAP && !reader_incomplete(reader);
	if (reader_incomplete(reader)) {
		c->incomplete = true;
		text_of(file)->incomplete = true;
	}
	return end_of_file(file);
}

/* --from is about what the command line names. */
static enum format choose_format(struct compilation *c, struct str name, struct str text,
				 bool included)
{
	enum format format = format_of_name(name);
	bool by_name = c->options.from == FORMAT_NONE || (included && format != FORMAT_NONE);

	if (!by_name)
		format = c->options.from;
	if (format == FORMAT_TOML && by_name && !implied_type(c, name) &&
	    dialect_is_settings(c->schema, text))
		return FORMAT_SETTINGS;
	return format;
}

/* By its footer, or by its store, since a long file is seen in parts. */
static bool is_image(struct str text)
{
	static const char store[] = {'\xde', '\xc0', '\xef', '\xbe'}; /* of LMDB, behind 16 bytes */

	return (text.n >= STW_FOOTER_SIZE &&
		memcmp(text.p + text.n - STW_FOOTER_SIZE, STW_MAGIC, STW_MAGIC_SIZE) == 0) ||
	       (text.n >= 20 && memcmp(text.p + 16, store, sizeof(store)) == 0);
}

/* A file that is none of the formats, as far as can be told. */
static void report_strange(struct compilation *c, uint32_t number, bool image)
{
	struct diag *diag = diag_add(&c->diags, DIAG_UNREADABLE, (struct span){number, 0, 0}, "%s",
				     image ? "this is a compiled image, not a source"
					   : "the name does not say which format this is");

	diag_hint(&c->diags, diag,
		  image ? "stwc verify and stwc dump look into it"
			: "--from toml, yaml, json, ndjson or settings");
}

/* What the file asked for, each with what it asks for itself. */
static bool load_includes(struct compilation *c, const struct file *file)
{
	const struct include *include;

	for (include = file->includes; include; include = include->next) {
		if (!load_included(c, file->source->name, include))
			return false;
	}
	return true;
}

static bool load_text(struct compilation *c, const struct request *request,
		      struct compile_text *text)
{
	struct file file = {.c = c, .overlay = request->overlay};
	struct reader_policy policy = {split_collections, &file, &c->nodes, &c->arena};
	struct str bytes = buf_str(&text->bytes), name = str_c(request->name);
	struct fs_error error;
	uint32_t number;

	if (text->stream && !stream_more(text->stream, &bytes, &error))
		return unreadable(c, request->include ? request->include->span : SPAN_NONE, &error);
	number = sources_add(&c->sources, name, bytes);
	if (!number)
		return false;
	file.source = sources_get(&c->sources, number);
	if (text->stream) {
		file.source->recall = recall;
		file.source->owner = text->stream;
	}
	if (request->include && request->include->type)
		return list_read(c, request->include, file.source);
	file.format = choose_format(c, name, file.source->text, request->include != NULL);
	if (file.format == FORMAT_NONE) {
		/* whatever it is, it was not meant to be shown */
		source_mask(&c->sources, (struct span){number, 0, (uint32_t)file.source->text.n});
		report_strange(c, number, is_image(file.source->text));
		c->unreadable = true;
		return true;
	}
	text->format = file.format;
	file.implied = implied_type(c, name);
	if (file.implied && file.implied->data)
		diag_add(&c->diags, DIAG_NOT_CARRIED, (struct span){number, 0, 0},
			 schema_object_find(c->schema, str_c(file.implied->name))
				 ? "%s belongs to a running server; it is checked and not carried"
				 : "%s is a part of objects; it is checked and not carried",
			 file.implied->name);
	file.dialect = file.format == FORMAT_SETTINGS ? DIALECT_SETTINGS
		       : file.implied                 ? DIALECT_BODIES
						      : DIALECT_OWN;
	file.passing = file.format == FORMAT_JSON || file.format == FORMAT_NDJSON;
	file.last_packed = true;
	/* what becomes of the 0.15 settings is reported from their nodes, when all is bound */
	if (file.dialect == DIALECT_SETTINGS)
		policy.tree_nodes = &c->arena;
	if (!allow_read(c, file.format, file.source))
		return false;
	text->reader = reader_open(file.format, file.source, &c->diags, &c->hash_key, &policy);
	return text->reader && read_elements(&file, text->reader, text->stream) &&
	       load_includes(c, &file);
}

static bool file_status(const char *path, struct stat *out)
{
	return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, out) : stat(path, out)) == 0;
}

/* By device and inode, which no spelling of a path can hide. */
static void remember_file(struct compile_text *text, const char *path)
{
	struct stat status;

	if (!file_status(path, &status))
		return; /* it went away since it was read: there is nothing to know again */
	text->device = status.st_dev;
	text->inode = status.st_ino;
}

bool compile_reads(const struct compilation *c, const char *path)
{
	struct stat status;
	size_t i;

	if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	for (i = 0; i < c->state->text_count; i++) {
		const struct compile_text *text = &c->state->texts[i];

		if (text->device == status.st_dev && text->inode == status.st_ino)
			return true;
	}
	return false;
}

/* The source that is the file at `path`, by number; 0: none. */
static uint32_t source_of_file(const struct compilation *c, const char *path)
{
	struct stat status;
	size_t i;

	if (strcmp(path, "-") == 0 || stat(path, &status) < 0)
		return 0;
	for (i = 0; i < c->state->text_count; i++) {
		const struct compile_text *text = &c->state->texts[i];

		if (text->device == status.st_dev && text->inode == status.st_ino)
			return (uint32_t)i + 1;
	}
	return 0;
}

/* Where the source was asked for; its beginning where the command line named it. */
static struct span place_of_source(const struct compilation *c, uint32_t number)
{
	const struct compile_text *text = &c->state->texts[number - 1];

	return text->included ? text->asked_for : (struct span){number, 0, 0};
}

/* How many includes lie between a source and the command line. */
static size_t depth_of(const struct compilation *c, uint32_t number)
{
	size_t depth = 0;

	for (; c->state->texts[number - 1].included;
	     number = c->state->texts[number - 1].asked_for.source)
		depth++;
	return depth;
}

/* Is the one source the other, or was it included by it? */
static bool comes_from(const struct compilation *c, uint32_t number, uint32_t ancestor)
{
	while (number != ancestor && c->state->texts[number - 1].included)
		number = c->state->texts[number - 1].asked_for.source;
	return number == ancestor;
}

/* A file that is read already, and is now asked for again. */
static void report_again(struct compilation *c, const struct request *request, uint32_t first)
{
	struct span place = request->include ? request->include->span : SPAN_NONE;
	bool cycle = request->include && comes_from(c, place.source, first);
	struct diag *diag;

	if (cycle)
		diag = diag_add(&c->diags, DIAG_INCLUDE_CYCLE, place, "%s includes itself%s",
				request->name,
				place.source == first ? "" : ", by way of other files");
	else
		diag = diag_add(&c->diags, DIAG_INCLUDE_REPEATED, place, "%s is read twice",
				request->name);
	diag_file(&c->diags, diag, "%s", request->name);
	if (!cycle && !request->include)
		diag_hint(&c->diags, diag,
			  c->state->texts[first - 1].included
				  ? "name it, or include it, but not both"
				  : "name it once; a folder names the files that are in it");
	diag_relate(&c->diags, diag, place_of_source(c, first),
		    c->state->texts[first - 1].included ? "included here first"
							: "it is read from here on");
}

/* May a file be read once more? An overlay may say again what is said already, and a plan may be
 * run again. */
static bool may_repeat(const struct compilation *c, const struct request *request, uint32_t first)
{
	const struct compile_text *text = &c->state->texts[first - 1];

	return !request->include && !text->included && (request->overlay || text->plan);
}

/* Only plain files are opened for an include, and none twice. False: reported. */
static bool may_read(struct compilation *c, const struct request *request)
{
	const struct include *include = request->include;
	uint32_t again = source_of_file(c, request->path);
	struct stat status;

	if (again && !may_repeat(c, request, again)) {
		report_again(c, request, again);
		return false;
	}
	if (!include)
		return true;
	if (depth_of(c, include->span.source) >= INCLUDE_DEPTH) {
		diag_add(&c->diags, DIAG_NESTING, include->span, "includes go deeper than %d files",
			 INCLUDE_DEPTH);
		return false;
	}
	/* one that is not there fails when it is opened */
	if (stat(request->path, &status) < 0 || S_ISREG(status.st_mode))
		return true;
	diag_file(&c->diags,
		  diag_add(&c->diags, DIAG_UNREADABLE, include->span, "%s is no regular file",
			   request->name),
		  "%s", request->name);
	c->unreadable = true;
	return false;
}

/* Plans may be long, and pass through memory; everything else is read as a whole. */
static bool read_input(struct compilation *c, const struct request *request,
		       struct compile_text *text, struct fs_error *error)
{
	bool list = request->include && request->include->type;
	enum format format =
		choose_format(c, str_c(request->name), STR_NONE, request->include != NULL);

	if (request->text.p) {
		buf_puts(&text->bytes, request->text);
		fs_error_set(error, ENOMEM, "read", request->name);
		return !text->bytes.failed;
	}
	if (strcmp(request->path, "-") == 0)
		return fs_read_fd(STDIN_FILENO, request->name, INPUT_LIMIT, &text->bytes, error);
	if (format == FORMAT_NDJSON && !list &&
	    !stream_open(request->path, INPUT_LIMIT, c->options.image, &text->stream, error))
		return false;
	return text->stream || fs_read_file(request->path, INPUT_LIMIT, &text->bytes, error);
}

static bool load_file(struct compilation *c, const struct request *request)
{
	struct compile_state *state = c->state;
	struct compile_text text = {.bytes = BUF_INIT};
	struct fs_error error;

	if (!request->text.p && !may_read(c, request))
		return true;
	if (!state_grow((void **)&state->texts, &state->text_cap, state->text_count,
			sizeof(struct compile_text)))
		return false;
	if (request->include) {
		text.included = true;
		text.asked_for = request->include->span;
	}
	if (!read_input(c, request, &text, &error)) {
		buf_free(&text.bytes);
		return unreadable(c, text.included ? text.asked_for : SPAN_NONE, &error);
	}
	if (!request->text.p)
		remember_file(&text, request->path);
	if (c->options.has_shapes)
		text.shapes = c->options.shapes;
	state->texts[state->text_count++] = text;
	return load_text(c, request, &state->texts[state->text_count - 1]);
}

/* A relative path is looked up beside the file that has it. */
static bool load_included(struct compilation *c, struct str by, const struct include *include)
{
	struct request request = {.overlay = include->overlay, .include = include};
	struct str path;
	size_t n = by.n;

	while (n && by.p[n - 1] != '/')
		n--;
	if (include->path.p[0] == '/')
		n = 0;
	path = arena_printf(&c->arena, "%.*s%.*s", (int)n, by.p, STR_ARG(include->path));
	request.path = request.name = path.p;
	return path.p && load_file(c, &request);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void compile_list_free(char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

bool compile_list(const char *path, char ***out_names, size_t *out_count, struct fs_error *error)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char **names = NULL;
	size_t count = 0, cap = 0;

	if (!dir)
		goto failed;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || format_of_name(str_c(entry->d_name)) == FORMAT_NONE)
			continue;
		if (!state_grow((void **)&names, &cap, count, sizeof(char *)))
			goto failed;
		if (asprintf(&names[count], "%s%s%s", path,
			     str_ends(str_c(path), STR("/")) ? "" : "/", entry->d_name) < 0)
			goto failed;
		count++;
	}
	if (errno)
		goto failed;
	closedir(dir);
	if (count)
		qsort(names, count, sizeof(*names), by_bytes);
	*out_names = names;
	*out_count = count;
	return true;
failed:
	*error = (struct fs_error){.code = errno, .doing = "list"};
	(void)snprintf(error->path, sizeof(error->path), "%s", path); /* shortened is fine */
	if (dir)
		closedir(dir);
	compile_list_free(names, count);
	return false;
}

static bool load_directory(struct compilation *c, const char *path, bool overlay)
{
	struct fs_error error;
	char **names;
	size_t count, i;
	bool ok = true;

	if (!compile_list(path, &names, &count, &error))
		return unreadable(c, SPAN_NONE, &error);
	for (i = 0; i < count && ok; i++)
		ok = load_file(c, &(struct request){names[i], names[i], overlay, NULL, STR_NONE});
	compile_list_free(names, count);
	return ok;
}

static bool load_input(struct compilation *c, const struct input *input)
{
	struct request request = {input->path, input->name, input->overlay, NULL, input->text};
	bool stream = strcmp(input->path, "-") == 0;
	struct stat status;

	if (!stream && !input->text.p && stat(input->path, &status) == 0 && S_ISDIR(status.st_mode))
		return load_directory(c, input->path, input->overlay);
	if (!request.name)
		request.name = stream ? "<stdin>" : input->path;
	return load_file(c, &request);
}

void load_report_lost(struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->state->text_count; i++) {
		const struct stream *stream = c->state->texts[i].stream;
		struct fs_error error;

		if (stream && stream_lost(stream, &error))
			(void)unreadable(c, SPAN_NONE, &error); /* always true: it goes on */
	}
}

static bool has_objects(const struct compilation *c)
{
	size_t i;

	for (i = 0; i < c->packed_count; i++) {
		if (c->packed[i].count)
			return true;
	}
	return c->state->draft_count > 0 || c->state->operations;
}

bool load_inputs(struct compilation *c, const struct input *inputs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!load_input(c, &inputs[i]))
			return false;
	}
	if (!has_objects(c) && diags_ok(&c->diags)) {
		if (c->sources.count == 0)
			diag_add(&c->diags, DIAG_NOTHING, SPAN_NONE,
				 "nothing to check: no *.toml, *.yaml, *.yml, *.json or *.ndjson "
				 "in %s",
				 count == 1 ? inputs[0].path : "the folders");
		else if (c->sources.count == 1)
			diag_add(&c->diags, DIAG_NOTHING, SPAN_NONE,
				 "nothing to check: no object in %.*s",
				 STR_ARG(sources_get(&c->sources, 1)->name));
		else
			diag_add(&c->diags, DIAG_NOTHING, SPAN_NONE,
				 "nothing to check: no object in the %zu files that were read",
				 c->sources.count);
		c->unreadable = true;
	}
	return true;
}
