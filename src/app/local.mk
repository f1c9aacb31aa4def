noinst_LTLIBRARIES += src/libapp.la
src_libapp_la_SOURCES = \
	src/app/app.c \
	src/app/app_cluster.c \
	src/app/app_history.c \
	src/app/app_unfinished.c \
	src/app/app_loop.c \
	src/app/app_operation.c \
	src/app/app_private.h \
	src/app/app_probe.c \
	src/app/app_record.c \
	src/app/app_replay.c \
	src/app/app_sources.c \
	src/app/connect.c \
	src/app/dcs_view.c \
	src/app/dcs_view.h \
	src/app/last_words.c \
	src/app/last_words.h \
	src/app/replay_file.c \
	src/app/replay_file.h \
	src/app/state.c \
	src/app/state.h \
	src/app/store.c \
	src/app/store_bouncers.c \
	src/app/store_bouncers.h \
	src/app/store_dcs.c \
	src/app/store_dcs.h \
	src/app/store_endpoints.c \
	src/app/store_endpoints.h \
	src/app/store_members.c \
	src/app/store_members.h \
	src/app/store_routes.c \
	src/app/store_routes.h \
	src/app/story.c \
	src/app/story.h \
	include/pgdba/app/app.h \
	include/pgdba/app/connect.h \
	include/pgdba/app/store.h
