/*
 * Only libyaml's events of a file: what a reader of YAML that is built on them cannot go below.
 * Prints how many there were.
 *
 *     bench_yaml FILE
 */
#include <stdio.h>
#include <yaml.h>

/* How many events; 0: the text is not YAML. */
static size_t count_events(yaml_parser_t *parser)
{
	yaml_event_type_t type;
	yaml_event_t event;
	size_t n = 0;

	do {
		if (!yaml_parser_parse(parser, &event))
			return 0;
		type = event.type;
		yaml_event_delete(&event);
		n++;
	} while (type != YAML_STREAM_END_EVENT);
	return n;
}

int main(int argc, char **argv)
{
	yaml_parser_t parser;
	FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
	size_t n;

	if (!in || !yaml_parser_initialize(&parser)) {
		fprintf(stderr, "usage: bench_yaml FILE\n");
		return 2;
	}
	yaml_parser_set_input_file(&parser, in);
	n = count_events(&parser);
	printf("%zu\n", n);
	yaml_parser_delete(&parser);
	fclose(in);
	return n ? 0 : 1;
}
