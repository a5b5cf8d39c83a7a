/* Listeners as services: kind of TLS, host, what is announced, and what nobody can reach. */
#include "folder.h"

#include <stdio.h>
#include <unistd.h>

#include "stwc/services.h"

static void services_from(const char *toml, struct view *view, struct services *out)
{
	struct compile_options options = {.from = FORMAT_TOML};
	char path[FOLDER_PATH_SIZE];
	struct input input = {.path = path};
	struct folder folder;

	folder_make(&folder);
	folder_path(&folder, "mail.toml", path);
	folder_write(&folder, "mail.toml", toml);
	*view = (struct view){.fd = -1};
	assert_true(compile_init(&view->c, &options));
	assert_true(compile_run(&view->c, &input, 1));
	folder_remove(&folder);
	assert_true(diags_ok(&view->c.diags));
	view_of_sources(view);
	assert_true(services_of(view, out));
}

static void print(const struct services *services, char out[512])
{
	static const char marks[] = {
		[SERVICE_IMPLICIT] = 's', [SERVICE_STARTTLS] = '+', [SERVICE_PLAIN] = '-'};
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < services->count; i++) {
		const struct service *s = &services->items[i];

		n += (size_t)snprintf(out + n, 512 - n, "%s%s%u%c%.*s%s", i ? " " : "",
				      service_protocol_word(s->protocol), s->port,
				      marks[s->security], STR_ARG(s->host),
				      s->announced ? "" : "?");
		assert_true(n < 512);
	}
}

static void order_and_security(void **state)
{
	struct view view;
	struct services services;
	char text[512];

	(void)state;
	services_from("SystemSettings.defaultHostname = 'm.example.org'\n"
		      "[NetworkListener]\n"
		      "a = {protocol = 'imap', bind = ['[::]:143']}\n"
		      "b = {protocol = 'imap', bind = ['[::]:993', '0.0.0.0:993'], tlsImplicit = "
		      "true}\n"
		      "c = {bind = ['[::]:25', '[::]:587']}\n"
		      "d = {bind = ['[::]:465'], tlsImplicit = true}\n"
		      "e = {protocol = 'pop3', bind = ['192.0.2.1:110'], useTls = false}\n"
		      "f = {protocol = 'lmtp', bind = ['[::]:24']}\n",
		      &view, &services);
	print(&services, text);
	assert_string_equal(text, "mx25+m.example.org smtp465sm.example.org "
				  "smtp587+m.example.org? imap993sm.example.org "
				  "imap143+m.example.org? pop3110-m.example.org?");
	assert_str(services.items[3].listener->identity, "b");
	view_close(&view);
}

static void hosts_and_cleartext(void **state)
{
	struct view view;
	struct services services;
	char text[512];

	(void)state;
	services_from("[SystemSettings.services]\n"
		      "imap = {hostname = 'imap.example.org', cleartext = true}\n"
		      "jmap = {}\n"
		      "[NetworkListener]\n"
		      "a = {protocol = 'imap', bind = ['[::]:143']}\n"
		      "b = {protocol = 'http', bind = ['[::]:443'], tlsImplicit = true}\n",
		      &view, &services);
	print(&services, text);
	assert_string_equal(text, "imap143+imap.example.org jmap443s caldav443s? carddav443s? "
				  "webdav443s? web443s");
	assert_null(services_find(&services, SERVICE_CALDAV, true));
	assert_ptr_equal(services_find(&services, SERVICE_CALDAV, false), &services.items[2]);
	assert_null(services_find(&services, SERVICE_POP3, false));
	view_close(&view);
}

static void out_of_reach(void **state)
{
	struct view view;
	struct services services;
	char text[512];

	(void)state;
	services_from("[NetworkListener]\n"
		      "a = {protocol = 'imap', bind = ['127.0.0.1:143', '[::1]:143', '[::]:0']}\n"
		      "b = {protocol = 'http', bind = ['127.0.0.1:8080', '192.0.2.1:80']}\n",
		      &view, &services);
	print(&services, text);
	assert_string_equal(text, "jmap80-? caldav80-? carddav80-? webdav80-? web80-");
	view_close(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_security),
		cmocka_unit_test(hosts_and_cleartext),
		cmocka_unit_test(out_of_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
