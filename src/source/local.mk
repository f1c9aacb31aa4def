noinst_LTLIBRARIES += src/libsource.la
src_libsource_la_CFLAGS = $(AM_CFLAGS)
src_libsource_la_SOURCES = \
	src/source/address.c \
	src/source/address.h \
	src/source/beat.c \
	src/source/beat.h \
	src/source/etcd.c \
	src/source/etcd_alive.c \
	src/source/etcd_ask.c \
	src/source/etcd_gates.c \
	src/source/etcd_int.h \
	src/source/etcd_send.c \
	src/source/etcd_stream.c \
	src/source/haproxy.c \
	src/source/judge.c \
	src/source/judge.h \
	src/source/match.c \
	src/source/match.h \
	src/source/patroni.c \
	src/source/patroni_int.h \
	src/source/patroni_members.c \
	src/source/patroni_names.c \
	src/source/patroni_site.c \
	src/source/patroni_view.c \
	src/source/patroni_why.c \
	src/source/pgbouncer.c \
	src/source/pgbouncer_held.c \
	src/source/pgbouncer_held.h \
	src/source/postgres.c \
	src/source/probe.c \
	src/source/tell.c \
	src/source/tell.h \
	src/source/tunables.c \
	src/source/tunables.h \
	include/pgdba/source/source.h
