# Unit tests of source/: the matching rules, and the state machines against servers on the loop.
check_PROGRAMS += tests/unit/source/test_match
TESTS += tests/unit/source/test_match
tests_unit_source_test_match_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_match_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_match_LDADD = $(UNIT_SOURCE_LIBS)
