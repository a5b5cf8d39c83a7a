/* Escaping for XML and HTML. */
#include "stwc/markup.h"

#include "base/utf8.h"

static bool is_char(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f) ||
	       (c >= 0xa0 && c != 0xfffe && c != 0xffff);
}

void markup_text(struct buf *out, struct str text)
{
	while (text.n) {
		uint32_t c;
		size_t n = utf8_decode(text, &c);

		if (!n || !is_char(c))
			buf_puts(out, STR("\xef\xbf\xbd"));
		else if (c == '&')
			buf_puts(out, STR("&amp;"));
		else if (c == '<')
			buf_puts(out, STR("&lt;"));
		else if (c == '>')
			buf_puts(out, STR("&gt;"));
		else if (c == '"')
			buf_puts(out, STR("&quot;"));
		else
			buf_put(out, text.p, n);
		text = str_from(text, n ? n : 1);
	}
}
