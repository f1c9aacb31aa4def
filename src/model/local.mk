noinst_LTLIBRARIES += src/libmodel.la
src_libmodel_la_CFLAGS = $(AM_CFLAGS)
src_libmodel_la_SOURCES =
