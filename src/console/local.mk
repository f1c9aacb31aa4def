noinst_LTLIBRARIES += src/libconsole.la
src_libconsole_la_CFLAGS = $(AM_CFLAGS) $(NCURSESW_CFLAGS) $(READLINE_CFLAGS)
src_libconsole_la_SOURCES = \
	src/console/bouncer_card.c \
	src/console/bouncer_card.h \
	src/console/console.c \
	src/console/console_bar.c \
	src/console/console_dialog.c \
	src/console/console_exec.c \
	src/console/console_keys.c \
	src/console/console_private.h \
	src/console/doc.c \
	src/console/draw.c \
	src/console/footer.c \
	src/console/glyphs.c \
	src/console/header.c \
	src/console/help.c \
	src/console/keymap.c \
	src/console/layout.c \
	src/console/member_card.c \
	src/console/member_card.h \
	src/console/member_facts.c \
	src/console/overlay.c \
	src/console/pane.c \
	src/console/pane_lag.c \
	src/console/pane_pools.c \
	src/console/pane_stats.c \
	src/console/pane_topology.c \
	src/console/plan_text.c \
	src/console/style.c \
	src/console/surface.c \
	src/console/table_order.c \
	src/console/table_view.c \
	src/console/view.c \
	include/pgdba/console/doc.h \
	include/pgdba/console/draw.h \
	include/pgdba/console/keymap.h \
	include/pgdba/console/pane.h \
	include/pgdba/console/style.h \
	include/pgdba/console/surface.h \
	include/pgdba/console/table_view.h \
	include/pgdba/console/view.h
