noinst_LTLIBRARIES += src/libaction.la
src_libaction_la_CFLAGS = $(AM_CFLAGS)
src_libaction_la_SOURCES =
