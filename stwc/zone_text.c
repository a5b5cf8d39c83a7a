/* Names and texts as zone files write them. */
#include "stwc/zone.h"

#define STRING_MAX 255
#define LABEL_MAX 63
#define NAME_MAX_TEXT 253

/* A byte of a quoted string (RFC 1035 section 5.1): a quote and a backslash get a backslash, what
 * is not printable ASCII becomes its number. */
static void put_byte(struct buf *out, unsigned char byte)
{
	if (byte < ' ' || byte > '~')
		buf_printf(out, "\\%03u", byte);
	else if (byte == '"' || byte == '\\')
		buf_printf(out, "\\%c", byte);
	else
		buf_putc(out, (char)byte);
}

void zone_put_text(struct buf *out, struct str text)
{
	size_t i;

	buf_putc(out, '"');
	for (i = 0; i < text.n; i++) {
		if (i && i % STRING_MAX == 0)
			buf_puts(out, STR("\" \""));
		put_byte(out, (unsigned char)text.p[i]);
	}
	buf_putc(out, '"');
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool zone_name_valid(struct str name)
{
	size_t i, label = 0;

	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '.' ? !label : !is_name_byte(name.p[i]))
			return false;
		label = name.p[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label && name.n <= NAME_MAX_TEXT;
}
