noinst_LTLIBRARIES += src/libwire.la
src_libwire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
src_libwire_la_SOURCES =
