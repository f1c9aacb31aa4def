noinst_LTLIBRARIES += src/libcommand.la
src_libcommand_la_CFLAGS = $(AM_CFLAGS)
src_libcommand_la_SOURCES =
