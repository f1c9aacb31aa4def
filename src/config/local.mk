noinst_LTLIBRARIES += src/libconfig.la
src_libconfig_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS)
src_libconfig_la_SOURCES =
