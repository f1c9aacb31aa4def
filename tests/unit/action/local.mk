# Unit tests of action/: a fake clock, a fake sender, snapshots fed by hand.
check_PROGRAMS += tests/unit/action/test_action
TESTS += tests/unit/action/test_action
tests_unit_action_test_action_SOURCES = \
	tests/unit/action/fixture.c \
	tests/unit/action/fixture.h \
	tests/unit/action/test_action.c \
	tests/unit/action/test_audit.c \
	tests/unit/action/test_config.c \
	tests/unit/action/test_hold.c \
	tests/unit/action/test_pgb.c \
	tests/unit/action/test_pgb_left.c \
	tests/unit/action/test_pgb_faults.c \
	tests/unit/action/test_haproxy.c \
	tests/unit/action/test_plan.c \
	tests/unit/action/test_policy.c \
	tests/unit/action/test_probe.c \
	tests/unit/action/test_query.c \
	tests/unit/action/test_reinit.c \
	tests/unit/action/test_remove.c \
	tests/unit/action/test_restart.c \
	tests/unit/action/test_rolling.c \
	tests/unit/action/test_steps.c \
	tests/unit/action/test_switchover.c \
	tests/unit/action/test_syslog.c
tests_unit_action_test_action_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit/support \
	-I$(top_srcdir)/src/action
tests_unit_action_test_action_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_action_test_action_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ACTION_LIBS) -lm
