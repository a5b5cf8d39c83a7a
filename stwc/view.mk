# the commands that read: what they show and how it is written
libstwc_a_SOURCES += \
	stwc/view.c stwc/view.h \
	stwc/view_address.c stwc/view_address.h \
	stwc/view_decode.c \
	stwc/fmt.c stwc/fmt.h \
	stwc/sheet.c stwc/sheet.h \
	stwc/judge.c stwc/judge.h \
	stwc/judge_limits.c \
	stwc/judge_read.c \
	stwc/judge_recipient.c \
	stwc/judge_report.c \
	stwc/page.c stwc/page.h \
	stwc/page_parts.c \
	stwc/view_diff.c stwc/view_diff.h \
	stwc/view_dump.c stwc/view_dump.h \
	stwc/view_patch.c stwc/view_patch.h \
	stwc/view_patch_find.c \
	stwc/view_patch_leave.c \
	stwc/view_graph.c stwc/view_graph.h \
	stwc/view_index.c \
	stwc/view_items.c \
	stwc/view_json.c \
	stwc/view_jsonschema.c stwc/view_jsonschema.h \
	stwc/view_node.c stwc/view_node.h \
	stwc/view_order.c \
	stwc/view_plan.c stwc/view_plan.h \
	stwc/view_path.c stwc/view_path.h \
	stwc/view_reference.c stwc/view_reference.h \
	stwc/view_schema.c \
	stwc/view_toml.c \
	stwc/view_write.h \
	stwc/view_yaml.c \
	stwc/clients.c stwc/clients.h \
	stwc/clients_text.c \
	stwc/clients_xml.c \
	stwc/services.c stwc/services.h \
	stwc/zone.c stwc/zone.h \
	stwc/zone_keys.c \
	stwc/zone_policy.c \
	stwc/zone_read.c \
	stwc/zone_text.c \
	stwc/zone_write.c
stwc_stwc_SOURCES += \
	stwc/cmd_clients.c \
	stwc/cmd_convert.c \
	stwc/cmd_diff.c \
	stwc/cmd_dump.c \
	stwc/cmd_eval.c \
	stwc/cmd_fmt.c \
	stwc/cmd_explain.c \
	stwc/cmd_get.c \
	stwc/cmd_graph.c \
	stwc/cmd_ip.c \
	stwc/cmd_migrate.c \
	stwc/cmd_report.c \
	stwc/cmd_schema.c \
	stwc/cmd_test.c \
	stwc/cmd_verify.c \
	stwc/cmd_view.c stwc/cmd_view.h \
	stwc/cmd_zone.c
