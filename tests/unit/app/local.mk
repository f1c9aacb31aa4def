# Unit tests of app/: the store needs no network, and its test links none.
check_PROGRAMS += tests/unit/app/test_store
TESTS += tests/unit/app/test_store
tests_unit_app_test_store_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_store_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_dcs_view
TESTS += tests/unit/app/test_dcs_view
tests_unit_app_test_dcs_view_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_dcs_view_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_record
TESTS += tests/unit/app/test_record
tests_unit_app_test_record_SOURCES = tests/unit/app/test_record.c tests/unit/app/recorded.c \
	tests/unit/app/recorded.h
tests_unit_app_test_record_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/app
tests_unit_app_test_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_record_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_replay
TESTS += tests/unit/app/test_replay
tests_unit_app_test_replay_SOURCES = tests/unit/app/test_replay.c tests/unit/app/recorded.c \
	tests/unit/app/recorded.h
tests_unit_app_test_replay_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/app
tests_unit_app_test_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_replay_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_history
TESTS += tests/unit/app/test_history
tests_unit_app_test_history_SOURCES = tests/unit/app/test_history.c tests/unit/app/recorded.c \
	tests/unit/app/recorded.h
tests_unit_app_test_history_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/app
tests_unit_app_test_history_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_history_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_recordings
TESTS += tests/unit/app/test_recordings
tests_unit_app_test_recordings_SOURCES = tests/unit/app/test_recordings.c \
	tests/unit/app/recorded.c tests/unit/app/recorded.h
tests_unit_app_test_recordings_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/app
tests_unit_app_test_recordings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_recordings_LDADD = $(UNIT_APP_LIBS)

check_PROGRAMS += tests/unit/app/test_held_files
TESTS += tests/unit/app/test_held_files
tests_unit_app_test_held_files_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src/app
tests_unit_app_test_held_files_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_app_test_held_files_LDADD = $(UNIT_APP_LIBS)
