#include "runtime/shared.h"

const char *role_word(enum role role)
{
	switch (role) {
	case ROLE_MAIN: return "main";
	case ROLE_EDGE: return "edge";
	case ROLE_WEB: return "web";
	case ROLE_COUNT: break;
	}
	return "";
}
