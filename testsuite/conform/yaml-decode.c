/* YAML on standard input; see decode.h. */
#include "decode.h"

int main(void)
{
	return decode_main(FORMAT_YAML, decode_print_json);
}
