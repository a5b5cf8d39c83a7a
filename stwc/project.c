/* Reading the project file. */
#include "stwc/project.h"

#include "core/suggest.h"

struct reading {
	struct project *project;
	struct sheet *sheet;
	struct str folder; /* of the file, with its slash; empty: the current one */
};

static const char *kept(struct reading *r, struct str text)
{
	struct str copy = arena_printf(&r->sheet->arena, "%.*s", STR_ARG(text));

	return copy.p;
}

/* "-" is the name of a file here. */
static const char *path_of(struct reading *r, struct str name)
{
	struct str folder = str_eq(name, STR("-")) && !r->folder.n ? STR("./") : r->folder;
	struct str path;

	if (name.n && name.p[0] == '/')
		folder = STR_NONE;
	path = arena_printf(&r->sheet->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(name));
	return path.p;
}

/* ---- what counts for every image ---- */

static void read_target(struct reading *r)
{
	struct str target = sheet_text(r->sheet, r->sheet->root, "target");
	const struct node *node = node_map_get(r->sheet->root, STR("target"));
	const char *text = target.n ? kept(r, target) : NULL;

	if (!text || compile_target(text, &r->project->target))
		return;
	(void)diag_add(&r->sheet->diags, DIAG_UNKNOWN_MEMBER, node->span,
		       "'target' is a version from 0.16.0 to %s, not '%s'", schema_builtin.version,
		       text);
}

static void read_edition(struct reading *r)
{
	static const char *const words[] = {
		[EDITION_COMMUNITY] = "community", [EDITION_ENTERPRISE] = "enterprise"};
	const struct node *node = sheet_get(r->sheet, r->sheet->root, "edition", NODE_STRING);
	size_t place;

	if (!node || !sheet_word(r->sheet, node, "edition", words, ARRAY_LEN(words), &place))
		return;
	r->project->edition = (enum edition)place;
	r->project->has_edition = true;
}

static void no_code(struct reading *r, const struct node_entry *entry)
{
	struct diag *diag = diag_add(&r->sheet->diags, DIAG_UNKNOWN_FIELD, entry->key_span,
				     "no diagnostic has the code '%.*s'", STR_ARG(entry->key));
	struct suggestion best;

	suggest_start(&best, entry->key);
	for (size_t i = 0; i < DIAG_CODE_COUNT; i++)
		suggest_offer(&best, str_c(diag_code_info((enum diag_code)i)->word));
	if (best.best.n)
		diag_hint(&r->sheet->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
}

static void read_level(struct reading *r, const struct node *map, const struct node_entry *entry)
{
	static const char *const words[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
		[SEVERITY_OFF] = "off",
	};
	struct project_level *level = &r->project->levels[r->project->level_count];
	const char *key = kept(r, entry->key);
	const struct node *node;
	size_t place;

	if (!diag_code_find(entry->key, &level->code)) {
		no_code(r, entry);
		return;
	}
	node = key ? sheet_get(r->sheet, map, key, NODE_STRING) : NULL;
	if (!node || !sheet_word(r->sheet, node, key, words, ARRAY_LEN(words), &place))
		return;
	level->severity = (enum severity)place;
	if (place == SEVERITY_OFF && diag_code_info(level->code)->severity == SEVERITY_ERROR)
		(void)diag_add(&r->sheet->diags, DIAG_UNKNOWN_MEMBER, node->span,
			       "%s is an error, which cannot be off", key);
	r->project->level_count++;
}

static bool read_levels(struct reading *r)
{
	const struct node *map = sheet_get(r->sheet, r->sheet->root, "levels", NODE_MAP);

	if (!map)
		return true;
	r->project->levels =
		ARENA_ARRAY(&r->sheet->arena, struct project_level, map->map.count + 1);
	for (const struct node_entry *e = map->map.first; r->project->levels && e; e = e->next)
		read_level(r, map, e);
	return r->project->levels != NULL;
}

static void read_strict(struct reading *r)
{
	const struct node *node = sheet_get(r->sheet, r->sheet->root, "strict", NODE_BOOL);

	r->project->strict = node && node->boolean;
}

/* ---- images ---- */

static size_t count_of(const struct node *list)
{
	return list ? list->list.count : 0;
}

static void add_inputs(struct reading *r, struct project_image *image, const struct node *list,
		       bool overlay)
{
	for (const struct node *n = list ? list->list.first : NULL; n; n = n->next) {
		if (n->kind == NODE_STRING && n->string.n)
			image->inputs[image->count++] =
				(struct input){.path = path_of(r, n->string), .overlay = overlay};
		else if (n->kind != NODE_POISON)
			(void)diag_add(&r->sheet->diags, DIAG_WRONG_TYPE, n->span,
				       "a source is the name of a file or a folder");
	}
}

/* It becomes the name of a file. */
static void check_name(struct reading *r, const struct node_entry *entry)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-";
	size_t i;

	for (i = 0; i < entry->key.n && memchr(good, entry->key.p[i], sizeof(good) - 1); i++)
		;
	if (i == entry->key.n && i > 0 && entry->key.p[0] != '.' && entry->key.p[0] != '-')
		return;
	(void)diag_add(&r->sheet->diags, DIAG_SYNTAX, entry->key_span,
		       "the name of an image is letters, digits, dots, lines and hyphens, and "
		       "begins with a letter or digit");
}

static bool read_image(struct reading *r, const struct node_entry *entry)
{
	static const char *const keys[] = {"sources", "overlays"};
	struct project_image *image = &r->project->images[r->project->image_count++];
	const struct node *map = entry->value, *shared, *own, *overlays;
	bool known;

	check_name(r, entry);
	image->name = kept(r, entry->key);
	if (map->kind != NODE_MAP) {
		if (map->kind != NODE_POISON)
			(void)diag_add(&r->sheet->diags, DIAG_WRONG_TYPE, map->span,
				       "an image is a map, not %s", node_kind_name(map));
		return image->name;
	}
	known = sheet_keys(r->sheet, map, keys, ARRAY_LEN(keys), "an image");
	shared = sheet_get(r->sheet, r->sheet->root, "sources", NODE_LIST);
	own = sheet_get(r->sheet, map, "sources", NODE_LIST);
	overlays = sheet_get(r->sheet, map, "overlays", NODE_LIST);
	image->inputs = ARENA_ARRAY(&r->sheet->arena, struct input,
				    count_of(shared) + count_of(own) + count_of(overlays) + 1);
	if (!image->inputs)
		return false;
	add_inputs(r, image, shared, false);
	add_inputs(r, image, own, false);
	if (!image->count && known && !r->sheet->hurt)
		(void)diag_add(&r->sheet->diags, DIAG_NOTHING, entry->key_span,
			       "the image has no sources, of its own or shared ones");
	add_inputs(r, image, overlays, true);
	return image->name;
}

static bool read_images(struct reading *r, bool known)
{
	const struct node *map = sheet_get(r->sheet, r->sheet->root, "image", NODE_MAP);
	bool ok = true;

	if (!map || !map->map.count) {
		if (known && !r->sheet->hurt && diags_ok(&r->sheet->diags))
			(void)diag_add(&r->sheet->diags, DIAG_NOTHING,
				       (struct span){r->sheet->root->span.source, 0, 0},
				       "the project has no [image.NAME]");
		return true;
	}
	r->project->images = ARENA_ARRAY(&r->sheet->arena, struct project_image, map->map.count);
	if (!r->project->images)
		return false;
	for (const struct node_entry *e = map->map.first; ok && e; e = e->next)
		ok = read_image(r, e);
	return ok;
}

bool project_read(struct project *project, const char *path, struct fs_error *error)
{
	static const char *const keys[] = {"target", "edition", "strict",
					   "levels", "sources", "image"};
	const char *slash = strrchr(path, '/');
	struct reading r = {.project = project,
			    .sheet = &project->sheet,
			    .folder = {path, slash ? (size_t)(slash - path) + 1 : 0}};
	bool ok, known;

	*project = (struct project){.target = NULL};
	if (!sheet_read(&project->sheet, path, error))
		return false;
	if (!project->sheet.root)
		return true;
	known = sheet_keys(r.sheet, r.sheet->root, keys, ARRAY_LEN(keys), "a project");
	read_target(&r);
	read_edition(&r);
	read_strict(&r);
	ok = read_levels(&r) && read_images(&r, known);
	diags_sort(&r.sheet->diags);
	return ok && !r.sheet->diags.failed && !r.sheet->arena.failed;
}

void project_free(struct project *project)
{
	sheet_free(&project->sheet);
}

const struct project_image *project_image_find(const struct project *project, const char *name,
					       struct str *nearest)
{
	struct suggestion best;

	suggest_start(&best, str_c(name));
	for (size_t i = 0; i < project->image_count; i++) {
		if (strcmp(project->images[i].name, name) == 0)
			return &project->images[i];
		suggest_offer(&best, str_c(project->images[i].name));
	}
	*nearest = best.best;
	return NULL;
}
