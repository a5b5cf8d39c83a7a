/* stwd: the command line. Everything else begins in runtime/main.c or runtime/role.c. */
#include "runtime/main.h"
#include "runtime/privileges.h"
#include "runtime/role.h"

#include <getopt.h>
#include <stdio.h>

enum option_code {
	OPTION_IMAGE = 256,
	OPTION_STATE,
	OPTION_CONTROL,
	OPTION_SECRETS,
	OPTION_FOREGROUND,
	OPTION_CHECK,
	OPTION_STRICT,
	OPTION_HEALTH,
	OPTION_ROLE,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option options_known[] = {
	{"image", required_argument, NULL, OPTION_IMAGE},
	{"state", required_argument, NULL, OPTION_STATE},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"secrets", required_argument, NULL, OPTION_SECRETS},
	{"foreground", no_argument, NULL, OPTION_FOREGROUND},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"health", required_argument, NULL, OPTION_HEALTH},
	{"role", required_argument, NULL, OPTION_ROLE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"usage: stwd [OPTION…]\n"
	"Serves a compiled mail-server configuration and swaps it when the image is replaced.\n"
	"\n"
	"  --image FILE      the image (default /var/lib/stw/mail.stwi)\n"
	"  --state DIR       generations, bans, self-signed key (default /var/lib/stw/state)\n"
	"  --control SOCKET  where stwctl finds stwd (default /run/stw/control.sock)\n"
	"  --secrets DIR     relative secret files, after $CREDENTIALS_DIRECTORY\n"
	"  --health ADDR     serve /healthz and /metrics on this address:port too\n"
	"  --strict          refuse to start on an older generation when the image is bad\n"
	"  --check           check everything a start would need, then exit\n"
	"  --foreground      stay in the foreground\n"
	"  --help, --version\n"
	"\n"
	"Environment: RUN_AS_USER, RUN_AS_GROUP, STALWART_HOSTNAME, CREDENTIALS_DIRECTORY.\n"
	"Exit status: 0 stopped or check passed, 1 nothing can be served, 2 usage or no image.\n";

static int usage(const char *problem, const char *what)
{
	(void)fprintf(stderr, "stwd: %s%s\nTry 'stwd --help'.\n", problem, what);
	return STWD_USAGE;
}

/* A role is started by main alone, never by hand. */
static int run_role(const char *word)
{
	if (!privileges_hide_memory())
		return STWD_REFUSED;
	for (enum role role = ROLE_EDGE; role < ROLE_COUNT; role++)
		if (strcmp(word, role_word(role)) == 0)
			return role_run(role);
	return usage("no such role: ", word);
}

static bool valid_address(const char *text)
{
	struct net_socket address;

	return net_socket_parse(str_c(text), &address) == NET_OK;
}

int main(int argc, char **argv)
{
	struct daemon_options options = {.image = "/var/lib/stw/mail.stwi",
					 .state = "/var/lib/stw/state",
					 .control = "/run/stw/control.sock"};
	int code;

	while ((code = getopt_long(argc, argv, "", options_known, NULL)) != -1) {
		switch (code) {
		case OPTION_IMAGE: options.image = optarg; break;
		case OPTION_STATE: options.state = optarg; break;
		case OPTION_CONTROL: options.control = optarg; break;
		case OPTION_SECRETS: options.secrets = optarg; break;
		case OPTION_FOREGROUND: options.foreground = true; break;
		case OPTION_CHECK: options.check = true; break;
		case OPTION_STRICT: options.strict = true; break;
		case OPTION_HEALTH: options.health = optarg; break;
		case OPTION_ROLE: return run_role(optarg);
		case OPTION_HELP: return fputs(help, stdout) < 0 ? STWD_REFUSED : STWD_OK;
		case OPTION_VERSION:
			return puts("stwd " PACKAGE_VERSION) < 0 ? STWD_REFUSED : STWD_OK;
		default: return usage("wrong usage", "");
		}
	}
	if (optind < argc)
		return usage("unexpected argument: ", argv[optind]);
	if (options.health && !valid_address(options.health))
		return usage("--health wants ADDRESS:PORT, not ", options.health);
	return main_run(&options);
}
