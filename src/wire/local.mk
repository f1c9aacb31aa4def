noinst_LTLIBRARIES += src/libwire.la
src_libwire_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
src_libwire_la_LIBADD = -lm
src_libwire_la_SOURCES = \
	src/wire/acting.c \
	src/wire/audit.c \
	include/pgdba/wire/acting.h \
	src/wire/audit_json.c \
	src/wire/base64.c \
	src/wire/base64.h \
	src/wire/dcs.c \
	src/wire/dcs_body.c \
	src/wire/dcs.h \
	src/wire/dcs_read.c \
	src/wire/dynamic.c \
	src/wire/etcd.h \
	src/wire/etcd_endpoint.c \
	src/wire/etcd_metrics.c \
	src/wire/etcd_range.c \
	src/wire/etcd_refusal.c \
	src/wire/etcd_request.c \
	src/wire/haproxy.c \
	src/wire/json.c \
	src/wire/json.h \
	src/wire/json_out.c \
	src/wire/patroni.h \
	src/wire/patroni_cluster.c \
	src/wire/patroni_config.c \
	src/wire/patroni_health.c \
	src/wire/patroni_member.c \
	src/wire/patroni_post.c \
	src/wire/patroni_time.c \
	src/wire/pgbouncer.c \
	src/wire/pg_vitals.c \
	src/wire/postgres.c \
	src/wire/probe.c \
	src/wire/recording.c \
	src/wire/recording.h \
	src/wire/recording_event.c \
	src/wire/recording_failover.c \
	src/wire/redact.c \
	src/wire/redact.h \
	src/wire/redact_text.c \
	src/wire/table.c \
	include/pgdba/wire/audit.h \
	include/pgdba/wire/dcs.h \
	include/pgdba/wire/dynamic.h \
	include/pgdba/wire/etcd.h \
	include/pgdba/wire/haproxy.h \
	include/pgdba/wire/json_out.h \
	include/pgdba/wire/patroni.h \
	include/pgdba/wire/pgbouncer.h \
	include/pgdba/wire/postgres.h \
	include/pgdba/wire/probe.h \
	include/pgdba/wire/recording.h \
	include/pgdba/wire/table.h
