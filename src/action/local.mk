noinst_LTLIBRARIES += src/libaction.la
src_libaction_la_CFLAGS = $(AM_CFLAGS)
src_libaction_la_SOURCES = include/pgdba/action/action.h src/action/audit.c \
	src/action/config.c src/action/allow.c src/action/evidence.c src/action/failover.c src/action/haproxy.c src/action/pause.c \
	src/action/reload.c src/action/restarts.c src/action/restarts.h src/action/rolling.c \
	src/action/schedule.c src/action/standby.c src/action/steps.c src/action/steps.h \
	src/action/takeover.c src/action/takeover.h src/action/io.c src/action/io.h src/action/kind.h \
	src/action/plan.c src/action/planner.c src/action/send.c \
	src/action/bouncers.c src/action/bouncers.h src/action/hold.c src/action/hold.h src/action/hold_plan.c \
	src/action/hold_back.c src/action/hold_release.c src/action/hold_run.h src/action/hold_seen.c \
	src/action/pgb.c src/action/talk.c src/action/talk.h src/action/talk_run.h src/action/talk_undo.c src/action/talk_verbs.c src/action/talk_words.c \
	src/action/probe.c src/action/query.c src/action/remove.c \
	src/action/reinit.c src/action/restart.c src/action/run.c src/action/switchover.c
