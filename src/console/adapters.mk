# The two terminal adapters.
src_libconsole_la_SOURCES += \
	src/console/line_editor.c \
	src/console/term.c \
	src/console/term_keys.c \
	src/console/term_keys.h \
	src/console/term_out.c \
	src/console/term_out.h \
	src/console/term_title.c \
	src/console/term_title.h \
	include/pgdba/console/line_editor.h \
	include/pgdba/console/term.h \
	include/pgdba/console/console.h
