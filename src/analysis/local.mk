noinst_LTLIBRARIES += src/libanalysis.la
src_libanalysis_la_CFLAGS = $(AM_CFLAGS)
src_libanalysis_la_SOURCES = \
	src/analysis/address.c \
	src/analysis/address.h \
	src/analysis/candidate.c \
	src/analysis/candidate.h \
	src/analysis/carry.c \
	src/analysis/events.c \
	src/analysis/events_cluster.c \
	src/analysis/events_dcs.c \
	src/analysis/events_endpoint.c \
	src/analysis/events_member.c \
	src/analysis/events_route.c \
	src/analysis/facts.c \
	src/analysis/facts.h \
	src/analysis/flight.h \
	src/analysis/health.c \
	src/analysis/health_bouncer.c \
	src/analysis/health_cluster.c \
	src/analysis/health_leader.c \
	src/analysis/health_member.c \
	src/analysis/judge.h \
	src/analysis/lag.c \
	src/analysis/pools.c \
	src/analysis/preflight.c \
	src/analysis/preflight_candidate.c \
	src/analysis/preflight_cluster.c \
	src/analysis/preflight_members.c \
	src/analysis/probe.c \
	src/analysis/probe_rows.c \
	src/analysis/probe_rows.h \
	src/analysis/rates.c \
	src/analysis/routes.c \
	src/analysis/telling.c \
	src/analysis/telling.h \
	src/analysis/topology.c \
	include/pgdba/analysis/carry.h \
	include/pgdba/analysis/events.h \
	include/pgdba/analysis/health.h \
	include/pgdba/analysis/lag.h \
	include/pgdba/analysis/pools.h \
	include/pgdba/analysis/preflight.h \
	include/pgdba/analysis/probe.h \
	include/pgdba/analysis/routes.h \
	include/pgdba/analysis/topology.h
