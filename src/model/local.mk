noinst_LTLIBRARIES += src/libmodel.la
src_libmodel_la_SOURCES = \
	src/model/cluster.c \
	src/model/dcs.c \
	src/model/dynamic.c \
	src/model/event.c \
	src/model/failover.c \
	src/model/lsn.c \
	src/model/names.c \
	src/model/pgbouncer.c \
	src/model/plan.c \
	src/model/route.c \
	include/pgdba/model/acting.h \
	include/pgdba/model/audit.h \
	include/pgdba/model/cluster.h \
	include/pgdba/model/dcs.h \
	include/pgdba/model/dynamic.h \
	include/pgdba/model/event.h \
	include/pgdba/model/facts.h \
	include/pgdba/model/failover.h \
	include/pgdba/model/held.h \
	include/pgdba/model/lsn.h \
	include/pgdba/model/names.h \
	include/pgdba/model/observation.h \
	include/pgdba/model/patroni.h \
	include/pgdba/model/pgbouncer.h \
	include/pgdba/model/plan.h \
	include/pgdba/model/postgres.h \
	include/pgdba/model/probe.h \
	include/pgdba/model/route.h \
	include/pgdba/model/verdict.h
