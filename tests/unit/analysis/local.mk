# Unit tests of analysis/.
unit_analysis_tests = \
	tests/unit/analysis/test_topology \
	tests/unit/analysis/test_lag \
	tests/unit/analysis/test_pools \
	tests/unit/analysis/test_candidates \
	tests/unit/analysis/test_carry \
	tests/unit/analysis/test_config_check \
	tests/unit/analysis/test_events \
	tests/unit/analysis/test_pgb_rates \
	tests/unit/analysis/test_pgb_views \
	tests/unit/analysis/test_probe \
	tests/unit/analysis/test_failover \
	tests/unit/analysis/test_failover_rest \
	tests/unit/analysis/test_health \
	tests/unit/analysis/test_preflight \
	tests/unit/analysis/test_routes \
	tests/unit/analysis/test_switchover \
	tests/unit/analysis/test_truth \
	tests/unit/analysis/test_sql_effects \
	tests/unit/analysis/test_unfinished \
	tests/unit/analysis/test_ways \
	tests/unit/analysis/test_whom \
	tests/unit/analysis/test_trail
check_PROGRAMS += $(unit_analysis_tests)
TESTS += $(unit_analysis_tests)
UNIT_ANALYSIS_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit/support
tests_unit_analysis_test_topology_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_topology_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_topology_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_ways_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_ways_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_ways_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_lag_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_lag_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_lag_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_pools_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_pools_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_pools_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_config_check_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_config_check_LDADD = $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_sql_effects_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_sql_effects_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_sql_effects_LDADD = $(UNIT_ANALYSIS_LIBS)
tests_unit_analysis_test_unfinished_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_unfinished_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_unfinished_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) $(UNIT_WIRE_LIBS) -lm
tests_unit_analysis_test_candidates_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_candidates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_candidates_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_carry_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_carry_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_carry_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_health_SOURCES = \
	tests/unit/analysis/health_cases.h \
	tests/unit/analysis/health_cases_pgbouncer.c \
	tests/unit/analysis/health_cases_haproxy.c \
	tests/unit/analysis/health_cases_truth.c \
	tests/unit/analysis/test_health.c
tests_unit_analysis_test_health_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_health_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_health_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_preflight_SOURCES = \
	tests/unit/analysis/preflight_cases.c tests/unit/analysis/preflight_bouncer_cases.c \
	tests/unit/analysis/preflight_cases.h \
	tests/unit/analysis/test_preflight.c
tests_unit_analysis_test_preflight_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_preflight_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_preflight_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_events_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_events_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_events_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_probe_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_probe_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_routes_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_routes_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_routes_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_failover_SOURCES = \
	tests/unit/analysis/failover_rig.c \
	tests/unit/analysis/failover_rig.h \
	tests/unit/analysis/test_failover.c
tests_unit_analysis_test_failover_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_failover_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_failover_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_truth_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_truth_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_truth_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_switchover_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_switchover_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_switchover_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_failover_rest_SOURCES = \
	tests/unit/analysis/failover_rig.c \
	tests/unit/analysis/failover_rig.h \
	tests/unit/analysis/test_failover_rest.c
tests_unit_analysis_test_failover_rest_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_failover_rest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_failover_rest_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_whom_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_whom_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_whom_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) -lm
tests_unit_analysis_test_trail_CPPFLAGS = $(UNIT_ANALYSIS_CPPFLAGS)
tests_unit_analysis_test_trail_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_trail_LDADD = $(UNIT_ANALYSIS_LIBS) $(UNIT_WIRE_LIBS)
tests_unit_analysis_test_pgb_rates_SOURCES = tests/unit/analysis/test_pgb_rates.c $(PGB_SETS)
tests_unit_analysis_test_pgb_rates_CPPFLAGS = $(AM_CPPFLAGS) $(PGB_SETS_CPPFLAGS)
tests_unit_analysis_test_pgb_rates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_pgb_rates_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) $(UNIT_WIRE_LIBS) -lm
tests_unit_analysis_test_pgb_views_SOURCES = tests/unit/analysis/test_pgb_views.c $(PGB_SETS)
tests_unit_analysis_test_pgb_views_CPPFLAGS = $(AM_CPPFLAGS) $(PGB_SETS_CPPFLAGS)
tests_unit_analysis_test_pgb_views_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_analysis_test_pgb_views_LDADD = $(UNIT_SNAPSHOT_LIB) $(UNIT_ANALYSIS_LIBS) $(UNIT_WIRE_LIBS) -lm
