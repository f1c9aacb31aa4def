# Unit tests of console/. No terminal is needed: everything is drawn on the surface.
CONSOLE_SCREEN = tests/unit/console/screen.c tests/unit/console/screen.h
EXTRA_DIST += tests/golden

check_PROGRAMS += tests/unit/console/test_golden
TESTS += tests/unit/console/test_golden
tests_unit_console_test_golden_SOURCES = tests/unit/console/test_golden.c $(CONSOLE_SCREEN)
tests_unit_console_test_golden_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_golden_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_CONSOLE_LIBS)
