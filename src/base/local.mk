noinst_LTLIBRARIES += src/libbase.la
src_libbase_la_SOURCES = \
	src/base/arena.c \
	src/base/buf.c \
	src/base/clock.c \
	src/base/err.c \
	src/base/fmt.c \
	src/base/log.c \
	src/base/path.c \
	src/base/roff.c \
	src/base/table.c \
	src/base/table_text.c \
	src/base/utf8.c \
	include/pgdba/base/arena.h \
	include/pgdba/base/buf.h \
	include/pgdba/base/clock.h \
	include/pgdba/base/err.h \
	include/pgdba/base/fmt.h \
	include/pgdba/base/log.h \
	include/pgdba/base/path.h \
	include/pgdba/base/roff.h \
	include/pgdba/base/table.h \
	include/pgdba/base/utf8.h
src_libbase_la_LIBADD = -lm
