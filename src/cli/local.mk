noinst_LTLIBRARIES += src/libcli.la
src_libcli_la_SOURCES = \
	src/cli/cli.c \
	src/cli/cli_audit.c \
	src/cli/cli_change.c \
	src/cli/cli_cluster.c \
	src/cli/cli_config.c \
	src/cli/cli_dcs.c \
	src/cli/cli_events.c \
	src/cli/cli_failovers.c \
	src/cli/cli_json.c \
	src/cli/cli_json_dcs.c \
	src/cli/cli_lines.c \
	src/cli/cli_private.h \
	src/cli/cli_pgb.c \
	src/cli/cli_probe.c \
	src/cli/cli_query.c \
	src/cli/cli_read.c \
	src/cli/cli_record.c \
	src/cli/cli_routes.c \
	src/cli/cli_table.c \
	src/cli/cli_truth.c \
	src/cli/cli_until.c \
	src/cli/cli_watch.c \
	include/pgdba/cli/cli.h
