noinst_LTLIBRARIES += src/libmodel.la
src_libmodel_la_SOURCES = \
	src/model/cluster.c \
	src/model/lsn.c \
	src/model/names.c \
	include/pgdba/model/cluster.h \
	include/pgdba/model/facts.h \
	include/pgdba/model/lsn.h \
	include/pgdba/model/observation.h \
	include/pgdba/model/patroni.h \
	include/pgdba/model/pgbouncer.h \
	include/pgdba/model/plan.h \
	include/pgdba/model/verdict.h
