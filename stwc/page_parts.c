/* The sections of the page. */
#include "core/render.h"
#include "stwc/page.h"
#include "stwc/picture.h"
#include "stwc/view_graph.h"
#include "stwc/view_node.h"
#include "stwc/view_write.h"
#include "stwc/walk.h"

/* What is more than anybody reads is counted. */
#define SHOWN_ENTRIES 100
#define SHOWN_DIFFERENCES 1000
#define SHOWN_OBJECTS 5000 /* of each type */
#define SHOWN_REFERENCES 5000
/* What is more than anybody sees is not drawn. */
#define DRAWN_OBJECTS 400

static void put_section(struct page *page, const char *id, const char *heading)
{
	buf_printf(page->out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id,
		   heading);
}

static void end_section(struct page *page)
{
	buf_puts(page->out, STR("</section>\n"));
}

/* The words between them are parted by "|". */
static void put_table(struct page *page, const char *caption, const char *columns)
{
	const char *end;

	buf_puts(page->out, STR("<table>\n<caption>"));
	buf_put_xml(page->out, str_c(caption));
	buf_puts(page->out, STR("</caption>\n<thead><tr>"));
	for (; *columns; columns = *end ? end + 1 : end) {
		end = strchr(columns, '|');
		if (!end)
			end = columns + strlen(columns);
		buf_printf(page->out, "<th scope=\"col\">%.*s</th>", (int)(end - columns), columns);
	}
	buf_puts(page->out, STR("</tr></thead>\n<tbody>\n"));
}

static void end_table(struct page *page)
{
	buf_puts(page->out, STR("</tbody>\n</table>\n"));
}

static void put_rest(struct page *page, size_t all, size_t shown)
{
	if (all > shown)
		buf_printf(page->out, "<p>… and %zu more.</p>\n", all - shown);
}

static void put_row_head(struct page *page, struct str text)
{
	buf_puts(page->out, STR("<tr><th scope=\"row\">"));
	buf_put_xml(page->out, text);
	buf_puts(page->out, STR("</th>"));
}

/* Appends it to the page, and frees it. */
static void put_made_cell(struct page *page, struct buf *text)
{
	page_cell(page, buf_str(text));
	page->out->failed = page->out->failed || text->failed;
	buf_free(text);
}

static void put_value(struct page *page, const struct value *value)
{
	const struct view_nodes to = {
		.arena = &page->arena, .key = &page->view->hash_key, .shapes = SHAPES_OWN};
	const struct node *node = value ? view_node(&to, value) : NULL;
	struct buf text = BUF_INIT;

	if (node)
		view_toml_inline(&text, node);
	put_made_cell(page, &text);
	arena_reset(&page->arena);
}

/* A text, or texts parted by commas, as they are; there is nothing else in these fields. */
static void put_texts(struct page *page, const struct value *value)
{
	const struct view_nodes to = {
		.arena = &page->arena, .key = &page->view->hash_key, .shapes = SHAPES_OWN};
	const struct node *node = value ? view_node(&to, value) : NULL;
	struct buf text = BUF_INIT;

	if (node && node->kind == NODE_STRING)
		buf_puts(&text, node->string);
	for (const struct node *n = node && node->kind == NODE_LIST ? node->list.first : NULL; n;
	     n = n->next) {
		if (n->kind == NODE_STRING)
			buf_printf(&text, "%s%.*s", text.n ? ", " : "", STR_ARG(n->string));
	}
	put_made_cell(page, &text);
	arena_reset(&page->arena);
}

static void put_place(struct page *page, struct view_place place)
{
	struct buf text = BUF_INIT;

	if (place.file.n)
		buf_printf(&text, "%.*s:%u", STR_ARG(place.file), place.line);
	put_made_cell(page, &text);
}

static struct str name_of(const struct object *object)
{
	struct str name = view_object_name(object);

	return name.n ? name : str_c(object->type->name);
}

/* ---- diagnostics ---- */

static void put_diagnostic(struct page *page, const struct diag *diag)
{
	struct buf text = BUF_INIT;

	render_text(&text, &page->view->c.sources, diag, false);
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	buf_printf(page->out, "<article class=\"%s\">\n<h3>%s <code>%s</code>: ",
		   severity_name(diag->severity), severity_name(diag->severity),
		   diag_code_info(diag->code)->word);
	buf_put_xml(page->out, diag->message);
	buf_puts(page->out, STR("</h3>\n<pre tabindex=\"0\">"));
	buf_put_xml(page->out, buf_str(&text));
	buf_puts(page->out, STR("</pre>\n</article>\n"));
	page->out->failed = page->out->failed || text.failed;
	buf_free(&text);
}

void page_diagnostics(struct page *page)
{
	const struct diags *diags = page->diags;
	size_t all = diags ? diags->errors + diags->warnings + diags->notes : 0;

	put_section(page, "diagnostics", "Diagnostics");
	if (!diags)
		buf_puts(page->out, STR("<p>An image has none: what was wrong would not have "
					"become one.</p>\n"));
	else if (!diags->count)
		buf_puts(page->out, STR("<p>Nothing is wrong.</p>\n"));
	for (size_t i = 0; diags && i < diags->count; i++)
		put_diagnostic(page, &diags->all[i]);
	if (diags)
		put_rest(page, all, diags->count);
	end_section(page);
}

/* ---- listeners ---- */

static bool is_true(const struct value *value)
{
	return value && value->kind == VALUE_BOOL && value->boolean;
}

static const char *tls_of(struct page *page, const struct object *listener)
{
	if (!is_true(diff_value(page->view, &listener->body, NULL, "useTls")))
		return "none";
	return is_true(diff_value(page->view, &listener->body, NULL, "tlsImplicit"))
		       ? "from the first byte"
		       : "offered (STARTTLS)";
}

void page_listeners(struct page *page)
{
	size_t written = 0;

	put_section(page, "listeners", "Listeners");
	for (size_t i = 0; i < page->objects.count; i++) {
		const struct object *object = page->objects.by_name[i];

		if (strcmp(object->type->name, "NetworkListener") != 0)
			continue;
		if (!written++)
			put_table(page, "Where the server listens",
				  "Listener|Protocol|Addresses|TLS|Where");
		put_row_head(page, name_of(object));
		put_texts(page, diff_value(page->view, &object->body, NULL, "protocol"));
		put_texts(page, diff_value(page->view, &object->body, NULL, "bind"));
		page_cell(page, str_c(tls_of(page, object)));
		put_place(page, view_place_of(page->view, object, NULL, NULL));
		buf_puts(page->out, STR("</tr>\n"));
	}
	if (written)
		end_table(page);
	else
		buf_puts(page->out, STR("<p>There is none.</p>\n"));
	end_section(page);
}

/* ---- objects ---- */

/* The row of a value of the object, up to the value; or of all of it. */
static void put_object_head(struct page *page, const struct object *object, const char *field)
{
	struct buf name = BUF_INIT;

	buf_printf(&name, "%.*s%s", STR_ARG(name_of(object)),
		   object->poisoned ? " (with a mistake)" : "");
	put_row_head(page, buf_str(&name));
	page->out->failed = page->out->failed || name.failed;
	buf_free(&name);
	page_cell(page, str_c(field));
}

static void put_object(struct page *page, const struct object *object)
{
	const struct value_object *body = &object->body;

	for (size_t i = 0; i < body->count; i++) {
		const struct value_field *field = &body->fields[i];

		put_object_head(page, object, field->field->name);
		put_value(page, field->value);
		put_place(page, view_place_of(page->view, object, field, NULL));
		buf_puts(page->out, STR("</tr>\n"));
	}
	if (body->count)
		return;
	put_object_head(page, object,
			object->poisoned ? "nothing could be read" : "all by default");
	page_cell(page, STR_NONE);
	put_place(page, view_place_of(page->view, object, NULL, NULL));
	buf_puts(page->out, STR("</tr>\n"));
}

/* An image may bring names of its own. */
static void put_type_heading(struct page *page, const struct schema_object *type)
{
	buf_puts(page->out, STR("<h3>"));
	buf_put_xml(page->out, str_c(type->name));
	buf_puts(page->out, STR("</h3>\n"));
}

static void put_entries(struct page *page, const struct schema_object *type,
			const struct address_table *table)
{
	uint32_t count = address_table_count(table);
	struct address_entry entry;
	char text[NET_TEXT_SIZE];

	put_type_heading(page, type);
	buf_printf(page->out, "<p>%u entr%s.</p>\n", count, count == 1 ? "y" : "ies");
	put_table(page, count > SHOWN_ENTRIES ? "The first of them" : "All of them",
		  "Address|Note|Where");
	for (uint32_t i = 0; i < count && i < SHOWN_ENTRIES; i++) {
		if (!address_table_at(table, i, &entry))
			continue;
		put_row_head(page, (struct str){text, net_network_format(&entry.network, text)});
		page_cell(page, entry.note);
		put_place(page, view_entry_place(page->view, &entry));
		buf_puts(page->out, STR("</tr>\n"));
	}
	end_table(page);
}

/* The place behind the last object of the type that the object at `first` has. */
static size_t end_of_type(const struct page *page, size_t first)
{
	const struct object **all = page->objects.by_name;
	size_t end = first;

	while (end < page->objects.count && all[end]->type == all[first]->type)
		end++;
	return end;
}

static void put_type(struct page *page, size_t first, size_t end)
{
	const struct schema_object *type = page->objects.by_name[first]->type;

	put_type_heading(page, type);
	buf_puts(page->out, STR("<p>"));
	buf_put_xml(page->out, str_c(type->structure->doc));
	buf_puts(page->out, STR("</p>\n"));
	put_table(page, type->name, "Object|Field|Value|Where");
	for (size_t i = first; i < end && i - first < SHOWN_OBJECTS; i++)
		put_object(page, page->objects.by_name[i]);
	end_table(page);
	put_rest(page, end - first, SHOWN_OBJECTS);
}

bool page_objects(struct page *page)
{
	const struct schema *schema = page->view->c.schema;

	put_section(page, "objects", "Objects");
	for (size_t i = 0; i < page->objects.count; i = end_of_type(page, i))
		put_type(page, i, end_of_type(page, i));
	for (size_t i = 0; i < schema->object_count; i++) {
		struct address_table table;

		if (!schema->objects[i].packed)
			continue;
		if (!view_table(page->view, &schema->objects[i], &table))
			return false;
		if (address_table_count(&table))
			put_entries(page, &schema->objects[i], &table);
	}
	end_section(page);
	return true;
}

/* ---- references ---- */

struct references {
	struct page *page;
	const struct object *from;
};

/* "Domain example.org", or the type alone of a singleton. */
static void put_title(struct buf *out, const struct object *object)
{
	struct str name = view_object_name(object);

	buf_printf(out, "%s%s%.*s", object->type->name, name.n ? " " : "", STR_ARG(name));
}

static void visit(void *ctx, struct value *value, const struct path *path)
{
	struct references *r = ctx;
	const struct object *target;
	struct buf text = BUF_INIT;

	if (value->kind != VALUE_REFERENCE)
		return;
	if (!r->page->references++)
		put_table(r->page, "Which object refers to which", "Object|Field|Refers to");
	if (r->page->references > SHOWN_REFERENCES)
		return;
	put_title(&text, r->from);
	put_row_head(r->page, buf_str(&text));
	buf_clear(&text);
	path_print(&text, path);
	page_cell(r->page, buf_str(&text));
	buf_clear(&text);
	target = value->reference.target ? value->reference.target
					 : view_index_find(&r->page->objects, value->reference.id);
	if (target)
		put_title(&text, target);
	else
		buf_printf(&text, "%.*s, which lies outside", STR_ARG(value->reference.written));
	put_made_cell(r->page, &text);
	buf_puts(r->page->out, STR("</tr>\n"));
}

static bool put_picture(struct page *page)
{
	struct buf graph = BUF_INIT, picture = BUF_INIT;
	bool ok = view_graph(page->view, NULL, 0, &graph);

	if (ok && picture_draw(&picture, buf_str(&graph))) {
		buf_puts(page->out, STR("<figure role=\"group\" tabindex=\"0\" "
					"aria-labelledby=\"picture\">\n"
					"<figcaption id=\"picture\">Objects by type, and an arrow "
					"for each reference; the table below says the same."
					"</figcaption>\n"));
		buf_puts(page->out, buf_str(&picture));
		buf_puts(page->out, STR("</figure>\n"));
	} else if (ok) {
		buf_puts(page->out, STR("<p>There is no picture, because Graphviz is not "
					"installed where this was made.</p>\n"));
	}
	buf_free(&graph);
	buf_free(&picture);
	return ok;
}

bool page_references(struct page *page)
{
	struct references r = {.page = page};
	struct walk walk = {visit, &r, 0};
	bool ok = true;

	put_section(page, "references", "References");
	if (page->objects.count <= DRAWN_OBJECTS)
		ok = put_picture(page);
	else
		buf_printf(page->out, "<p>More than %d objects are not drawn.</p>\n",
			   DRAWN_OBJECTS);
	for (size_t i = 0; i < page->objects.count; i++) {
		r.from = page->objects.by_name[i];
		walk_object(&walk, &r.from->body, NULL);
	}
	if (page->references)
		end_table(page);
	else
		buf_puts(page->out, STR("<p>No object refers to another.</p>\n"));
	put_rest(page, page->references, SHOWN_REFERENCES);
	end_section(page);
	return ok;
}

/* ---- differences ---- */

static const char *kind_word(enum diff_kind kind)
{
	switch (kind) {
	case DIFF_ADDED: return "added";
	case DIFF_REMOVED: return "removed";
	case DIFF_CHANGED: return "changed";
	}
	return "";
}

static void put_change(struct page *page, const struct diff_change *change)
{
	struct buf text = BUF_INIT;

	buf_puts(&text, str_c(change->type->name));
	if (change->name.n) {
		buf_putc(&text, '/');
		diff_put_name(&text, change->name);
	}
	if (change->path.n) {
		buf_putc(&text, '/');
		diff_put_name(&text, change->path);
	}
	put_row_head(page, buf_str(&text));
	page->out->failed = page->out->failed || text.failed;
	buf_free(&text);
	page_cell(page, str_c(kind_word(change->kind)));
	put_value(page, change->old);
	put_value(page, change->new);
	page_cell(page, str_c(diff_reload_word(change->reload)));
	buf_puts(page->out, STR("</tr>\n"));
}

static void put_entry(struct page *page, const struct diff_entry *entry)
{
	char name[NET_TEXT_SIZE];
	const struct diff_change change = {
		.kind = entry->kind,
		.type = entry->type,
		.name = {name, net_network_format(&entry->network, name)},
		.reload = (enum reload_class)entry->type->reload};

	put_change(page, &change);
}

void page_differences(struct page *page, const struct diff *diff, const char *id,
		      const char *heading)
{
	size_t all = diff->count + diff->entry_count, shown = 0;

	put_section(page, id, heading);
	if (diff == page->against) {
		buf_puts(page->out, STR("<p>From "));
		buf_put_xml(page->out, page->other);
		buf_puts(page->out, STR(" to this one.</p>\n"));
	}
	if (!all)
		buf_puts(page->out, STR("<p>There is none.</p>\n"));
	else
		put_table(page, "What is not the same", "What|Change|Before|Now|Takes effect");
	for (size_t i = 0; i < diff->count && shown < SHOWN_DIFFERENCES; i++, shown++)
		put_change(page, &diff->changes[i]);
	for (size_t i = 0; i < diff->entry_count && shown < SHOWN_DIFFERENCES; i++, shown++)
		put_entry(page, &diff->entries[i]);
	if (all)
		end_table(page);
	put_rest(page, all, shown);
	end_section(page);
}
