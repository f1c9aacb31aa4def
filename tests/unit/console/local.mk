# Unit tests of console/. No terminal is needed: everything is drawn on the surface.
CONSOLE_SCREEN = tests/unit/console/screen.c tests/unit/console/screen.h
EXTRA_DIST += tests/golden

console_tests = \
	tests/unit/console/test_console \
	tests/unit/console/test_golden \
	tests/unit/console/test_keys \
	tests/unit/console/test_term \
	tests/unit/console/test_widgets
check_PROGRAMS += $(console_tests)
TESTS += $(console_tests)

tests_unit_console_test_golden_SOURCES = tests/unit/console/test_golden.c \
	tests/unit/console/scenes.c tests/unit/console/scenes.h $(CONSOLE_SCREEN)
tests_unit_console_test_golden_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_golden_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_CONSOLE_LIBS)

tests_unit_console_test_widgets_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_widgets_LDADD = $(UNIT_CONSOLE_LIBS)

# An app of its own in the place of libapp.
CONSOLE_WORLD = tests/unit/console/world.c tests/unit/console/world.h \
	tests/unit/console/fake_app.c tests/unit/console/fake_app.h $(CONSOLE_SCREEN)
CONSOLE_WORLD_LIBS = src/libconsole.la $(UNIT_SNAPSHOT_LIB) src/libcommand.la \
	src/libanalysis.la src/libconfig.la $(UNIT_WIRE_LIBS) $(NCURSESW_LIBS) $(READLINE_LIBS) $(YAML_LIBS) -lm
tests_unit_console_test_console_SOURCES = tests/unit/console/test_console.c \
	tests/unit/console/scenes.c tests/unit/console/scenes.h $(CONSOLE_WORLD)
tests_unit_console_test_console_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_console_LDADD = $(CONSOLE_WORLD_LIBS)
tests_unit_console_test_keys_SOURCES = tests/unit/console/test_keys.c $(CONSOLE_WORLD)
tests_unit_console_test_keys_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_keys_LDADD = $(CONSOLE_WORLD_LIBS)

# On a pty.
tests_unit_console_test_term_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_console_test_term_LDADD = src/libconsole.la src/libconfig.la $(UNIT_MODEL_LIBS) $(NCURSESW_LIBS) \
	$(YAML_LIBS) -lutil
