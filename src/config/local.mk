noinst_LTLIBRARIES += src/libconfig.la
src_libconfig_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS)
src_libconfig_la_SOURCES = \
	src/config/cluster.c \
	src/config/cluster_list.c \
	src/config/cluster_schema.c \
	src/config/cluster_schema.h \
	src/config/colour.c \
	src/config/conninfo.c \
	src/config/conninfo_route.c \
	src/config/files.c \
	src/config/files.h \
	src/config/manual.c \
	src/config/node.c \
	src/config/patronictl.c \
	src/config/policy.c \
	src/config/policy_file.c \
	src/config/policy_file.h \
	src/config/policy_match.c \
	src/config/policy_schema.c \
	src/config/policy_schema.h \
	src/config/schema.c \
	src/config/schema.h \
	src/config/schema_manual.c \
	src/config/schema_value.c \
	src/config/schema_write.c \
	src/config/secret.c \
	src/config/settings.c \
	src/config/settings_schema.c \
	src/config/settings_schema.h \
	src/config/theme.c \
	src/config/theme_schema.c \
	src/config/theme_schema.h \
	src/config/values.c \
	src/config/values.h \
	src/config/yaml.c \
	src/config/yaml_doc.h \
	include/pgdba/config/cluster.h \
	include/pgdba/config/policy.h \
	include/pgdba/config/secret.h \
	include/pgdba/config/settings.h \
	include/pgdba/config/theme.h
