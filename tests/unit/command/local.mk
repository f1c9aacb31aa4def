check_PROGRAMS += tests/unit/command/test_command
TESTS += tests/unit/command/test_command
tests_unit_command_test_command_SOURCES = tests/unit/command/test_command.c \
	tests/unit/command/test_command.h tests/unit/command/test_complete.c \
	tests/unit/command/test_help.c tests/unit/command/test_parse.c
tests_unit_command_test_command_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_command_test_command_LDADD = $(UNIT_COMMAND_LIBS)
check_PROGRAMS += tests/unit/command/test_moment
TESTS += tests/unit/command/test_moment
tests_unit_command_test_moment_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_command_test_moment_LDADD = $(UNIT_COMMAND_LIBS)
check_PROGRAMS += tests/unit/command/test_when
TESTS += tests/unit/command/test_when
tests_unit_command_test_when_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_command_test_when_LDADD = $(UNIT_COMMAND_LIBS)
