/* test_action.h: the suites of room action. */
#ifndef TEST_ACTION_H
#define TEST_ACTION_H

int run_plan_tests(void);
int run_switchover_tests(void);
int run_restart_tests(void);
int run_reinit_tests(void);
int run_hold_tests(void);
int run_pgb_tests(void);
int run_pgb_left_tests(void);
int run_pgb_faults_tests(void);
int run_haproxy_tests(void);
int run_probe_tests(void);
int run_query_tests(void);
int run_remove_tests(void);
int run_audit_tests(void);
int run_steps_tests(void);
int run_config_tests(void);
int run_rolling_tests(void);
int run_policy_tests(void);
int run_syslog_tests(void);

#endif
