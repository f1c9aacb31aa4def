noinst_LTLIBRARIES += src/libconsole.la
src_libconsole_la_CFLAGS = $(AM_CFLAGS) $(NCURSESW_CFLAGS) $(READLINE_CFLAGS)
src_libconsole_la_SOURCES =
