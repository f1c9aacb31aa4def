noinst_LTLIBRARIES += src/libanalysis.la
src_libanalysis_la_CFLAGS = $(AM_CFLAGS)
src_libanalysis_la_SOURCES = \
	src/analysis/carry.c \
	src/analysis/facts.c \
	src/analysis/facts.h \
	src/analysis/lag.c \
	src/analysis/pools.c \
	src/analysis/pools.h \
	src/analysis/rates.c \
	src/analysis/topology.c \
	include/pgdba/analysis/carry.h \
	include/pgdba/analysis/health.h \
	include/pgdba/analysis/lag.h \
	include/pgdba/analysis/pools.h \
	include/pgdba/analysis/preflight.h \
	include/pgdba/analysis/topology.h
