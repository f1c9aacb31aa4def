noinst_LTLIBRARIES += src/libnet.la
src_libnet_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(LIBPQ_CFLAGS) $(LIBUV_CFLAGS)
src_libnet_la_SOURCES = \
	src/net/priv.h \
	src/net/loop.c \
	src/net/job.c \
	src/net/env.c \
	src/net/syslog.c \
	src/net/foreground.c \
	src/net/line.c \
	src/net/resolve.c \
	src/net/http_priv.h \
	src/net/http.c \
	src/net/http_setup.c \
	src/net/http_outcome.c \
	src/net/pg_priv.h \
	src/net/pg.c \
	src/net/pg_conninfo.c \
	src/net/pg_result.c \
	src/net/pg_outcome.c \
	src/net/proc.c \
	src/net/append.c \
	src/net/append_file.c \
	src/net/append_priv.h \
	include/pgdba/net/append.h \
	include/pgdba/net/foreground.h \
	include/pgdba/net/http.h \
	include/pgdba/net/line.h \
	include/pgdba/net/loop.h \
	include/pgdba/net/pg.h \
	include/pgdba/net/proc.h \
	include/pgdba/net/resolve.h \
	include/pgdba/net/syslog.h
