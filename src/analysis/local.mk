noinst_LTLIBRARIES += src/libanalysis.la
src_libanalysis_la_CFLAGS = $(AM_CFLAGS)
src_libanalysis_la_SOURCES =
