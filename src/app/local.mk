noinst_LTLIBRARIES += src/libapp.la
src_libapp_la_CFLAGS = $(AM_CFLAGS)
src_libapp_la_SOURCES =
