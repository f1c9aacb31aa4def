noinst_LTLIBRARIES += src/libapp.la
src_libapp_la_SOURCES = \
	src/app/app.c \
	src/app/app_cluster.c \
	src/app/app_loop.c \
	src/app/app_operation.c \
	src/app/app_private.h \
	src/app/connect.c \
	src/app/state.c \
	src/app/state.h \
	src/app/store.c \
	src/app/store_bouncers.c \
	src/app/store_bouncers.h \
	src/app/store_members.c \
	src/app/store_members.h \
	include/pgdba/app/app.h \
	include/pgdba/app/connect.h \
	include/pgdba/app/store.h
