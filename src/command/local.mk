noinst_LTLIBRARIES += src/libcommand.la
src_libcommand_la_CFLAGS = $(AM_CFLAGS)
src_libcommand_la_SOURCES = include/pgdba/command/command.h src/command/complete.c src/command/cursor.c src/command/cursor.h \
	src/command/equals.c src/command/globals.c src/command/help.c src/command/hint.c src/command/invocation.c \
	src/command/kind.c src/command/kind.h src/command/lookup.c src/command/manual.c \
	src/command/moment.c src/command/parse.c src/command/parse.h src/command/quote.c src/command/table.c src/command/table_args.h src/command/table_pgb.h \
	src/command/when.c src/command/words.c \
	src/command/words.h
