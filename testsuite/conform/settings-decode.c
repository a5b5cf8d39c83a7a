/* The 0.15 settings on standard input; see decode.h. */
#include "decode.h"

int main(void)
{
	return decode_main(FORMAT_SETTINGS, decode_print_json);
}
