noinst_LTLIBRARIES += src/libcli.la
src_libcli_la_CFLAGS = $(AM_CFLAGS)
src_libcli_la_SOURCES =
