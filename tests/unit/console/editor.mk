# The line editor on its own.
check_PROGRAMS += tests/unit/console/test_line_editor
TESTS += tests/unit/console/test_line_editor
tests_unit_console_test_line_editor_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_line_editor_LDADD = $(UNIT_CONSOLE_LIBS)
