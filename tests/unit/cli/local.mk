# Unit tests of cli/, with an app of their own in the place of libapp.
check_PROGRAMS += tests/unit/cli/test_cli
TESTS += tests/unit/cli/test_cli
tests_unit_cli_test_cli_SOURCES = tests/unit/cli/fake_app.c tests/unit/cli/fake_app.h \
	tests/unit/cli/shell.c tests/unit/cli/shell.h tests/unit/cli/test_cli.c tests/unit/cli/test_cli.h \
	tests/unit/cli/test_lasting.c tests/unit/cli/test_lists.c tests/unit/cli/test_watch.c \
	tests/unit/console/scenes.c tests/unit/console/scenes.h
tests_unit_cli_test_cli_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit/support
tests_unit_cli_test_cli_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cli_test_cli_LDADD = src/libcli.la $(UNIT_SNAPSHOT_LIB) src/libcommand.la src/libanalysis.la \
	src/libconfig.la $(UNIT_WIRE_LIBS) $(YAML_LIBS) -lm
