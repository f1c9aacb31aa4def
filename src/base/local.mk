noinst_LTLIBRARIES += src/libbase.la
src_libbase_la_CFLAGS = $(AM_CFLAGS)
src_libbase_la_SOURCES =
