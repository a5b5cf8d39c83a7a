/* TOML on standard input; the tagged JSON of toml-test on standard output. */
#include "decode.h"
#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *string_type(enum node_style style)
{
	switch (style) {
	case NODE_STYLE_PLAIN:
	case NODE_STYLE_BARE: return "string";
	case NODE_STYLE_DATE_TIME: return "datetime";
	case NODE_STYLE_LOCAL_DATE_TIME: return "datetime-local";
	case NODE_STYLE_LOCAL_DATE: return "date-local";
	case NODE_STYLE_LOCAL_TIME: return "time-local";
	}
	return "string";
}

static void print_scalar(struct buf *out, const char *type, struct str value)
{
	buf_printf(out, "{\"type\":\"%s\",\"value\":", type);
	buf_put_json(out, value);
	buf_putc(out, '}');
}

static void print_number(struct buf *out, const struct node *node)
{
	char text[64];

	if (node->kind == NODE_INT)
		snprintf(text, sizeof(text), "%s%" PRIu64, node->negative ? "-" : "",
			 node->magnitude);
	else if (isnan(node->number))
		snprintf(text, sizeof(text), "nan");
	else if (isinf(node->number))
		snprintf(text, sizeof(text), "%sinf", node->number < 0 ? "-" : "");
	else
		snprintf(text, sizeof(text), "%.17g", node->number);
	print_scalar(out, node->kind == NODE_INT ? "integer" : "float", str_c(text));
}

static void print(struct buf *out, const struct node *node)
{
	switch ((enum node_kind)node->kind) {
	case NODE_POISON:
	case NODE_NULL: print_scalar(out, "none", STR("")); break;
	case NODE_BOOL:
		print_scalar(out, "bool", node->boolean ? STR("true") : STR("false"));
		break;
	case NODE_INT:
	case NODE_FLOAT: print_number(out, node); break;
	case NODE_STRING:
		print_scalar(out, string_type((enum node_style)node->style), node->string);
		break;
	case NODE_LIST:
	case NODE_MAP: decode_print_members(out, node, print); break;
	}
}

int main(void)
{
	return decode_main(FORMAT_TOML, print);
}
