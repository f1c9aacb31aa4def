noinst_LTLIBRARIES += src/libsource.la
src_libsource_la_CFLAGS = $(AM_CFLAGS)
src_libsource_la_SOURCES =
