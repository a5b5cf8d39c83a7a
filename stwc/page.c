/* The frame of the page: head, landmarks, what there is in a few words. */
#include "stwc/page.h"

/* Dark text on light ground and the other way round; every pair has a contrast above 7 to 1. */
static const char style[] =
	":root{color-scheme:light dark;--text:#1b1b1b;--ground:#fff;--soft:#f1f3f5;--line:#8a8f94;"
	"--link:#0b4a8f;--bad:#8c1010;--warn:#6b4300}\n"
	"@media(prefers-color-scheme:dark){:root{--text:#eee;--ground:#16181a;--soft:#24282b;"
	"--line:#8a8f94;--link:#9ecbff;--bad:#ffb3b3;--warn:#ffd9a0}}\n"
	"body{margin:0 auto;max-width:76rem;padding:1rem;color:var(--text);"
	"background:var(--ground);font:1rem/1.5 system-ui,sans-serif}\n"
	"a{color:var(--link)}\n"
	"table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}\n"
	"caption{text-align:left;font-weight:bold;padding:.3rem 0}\n"
	"th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;"
	"vertical-align:top;overflow-wrap:anywhere;unicode-bidi:isolate}\n"
	"thead th{background:var(--soft)}\n"
	"pre{background:var(--soft);padding:.6rem;overflow-x:auto}\n"
	"code,pre{font-family:ui-monospace,monospace}\n"
	"figure{margin:0;overflow-x:auto;background:#fff}\n"
	"figcaption{background:var(--ground)}\n"
	".error h3{color:var(--bad)}.warning h3{color:var(--warn)}\n";

void page_cell(struct page *page, struct str text)
{
	buf_puts(page->out, STR("<td>"));
	buf_put_xml(page->out, text);
	buf_puts(page->out, STR("</td>"));
}

static void put_head(struct page *page)
{
	buf_puts(page->out, STR("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
				"<meta charset=\"utf-8\">\n"
				"<meta name=\"viewport\" content=\"width=device-width\">\n"
				"<meta http-equiv=\"Content-Security-Policy\" "
				"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
				"<title>"));
	buf_put_xml(page->out, page->title);
	buf_puts(page->out, STR(" - configuration report</title>\n<style>\n"));
	buf_puts(page->out, str_c(style));
	buf_puts(page->out, STR("</style>\n</head>\n<body>\n"));
}

static void put_link(struct page *page, const char *id, const char *text)
{
	buf_printf(page->out, "<li><a href=\"#%s\">%s</a></li>\n", id, text);
}

static void put_navigation(struct page *page)
{
	buf_puts(page->out, STR("<nav aria-label=\"Sections\">\n<ul>\n"));
	put_link(page, "diagnostics", "Diagnostics");
	put_link(page, "listeners", "Listeners");
	put_link(page, "references", "References");
	put_link(page, "objects", "Objects");
	if (page->defaults)
		put_link(page, "defaults", "Differences from the defaults");
	if (page->against)
		put_link(page, "against", "Differences from another configuration");
	buf_puts(page->out, STR("</ul>\n</nav>\n"));
}

static void put_count(struct page *page, size_t count, const char *what, const char *more)
{
	buf_printf(page->out, "%zu %s%s", count, what, count == 1 ? "" : more);
}

static void put_header(struct page *page)
{
	buf_puts(page->out, STR("<header>\n<h1>Configuration report: "));
	buf_put_xml(page->out, page->title);
	buf_puts(page->out, STR("</h1>\n<p>"));
	if (page->diags) {
		put_count(page, page->diags->errors, "error", "s");
		buf_puts(page->out, STR(", "));
		put_count(page, page->diags->warnings, "warning", "s");
		buf_puts(page->out, STR(" and "));
		put_count(page, page->diags->notes, "note", "s");
		buf_puts(page->out, STR(". "));
	}
	put_count(page, page->objects.count, "object", "s");
	buf_printf(page->out, ". Held against version %s of the reference.</p>\n",
		   page->view->c.options.target ? page->view->c.options.target
						: page->view->c.schema->version);
	if (!page->valid)
		buf_puts(page->out, STR("<p><strong>The configuration is not valid.</strong> Below "
					"is what could be read of it; what has a mistake is left "
					"out, and nothing is compared.</p>\n"));
	buf_puts(page->out, STR("</header>\n"));
}

static bool put_sections(struct page *page)
{
	page_diagnostics(page);
	page_listeners(page);
	if (!page_references(page) || !page_objects(page))
		return false;
	if (page->defaults)
		page_differences(page, page->defaults, "defaults", "Differences from the defaults");
	if (page->against)
		page_differences(page, page->against, "against",
				 "Differences from another configuration");
	return true;
}

bool page_write(struct page *page)
{
	bool ok = view_index_init(&page->objects, page->view, NULL, 0);

	arena_init(&page->arena, 16 * 1024);
	if (ok) {
		put_head(page);
		put_header(page);
		put_navigation(page);
		buf_puts(page->out, STR("<main>\n"));
		ok = put_sections(page);
		buf_printf(page->out,
			   "</main>\n<footer>\n<p>Made by stwc %s from its inputs alone. Secrets "
			   "are shown as stars.</p>\n</footer>\n</body>\n</html>\n",
			   PACKAGE_VERSION);
	}
	ok = ok && !page->out->failed && !page->arena.failed && !page->view->c.arena.failed;
	arena_free(&page->arena);
	view_index_free(&page->objects);
	return ok;
}
