/* JSON on standard input, or NDJSON with the argument "ndjson"; see decode.h. */
#include "decode.h"

int main(int argc, char **argv)
{
	return decode_main(argc > 1 && strcmp(argv[1], "ndjson") == 0 ? FORMAT_NDJSON : FORMAT_JSON,
			   decode_print_json);
}
