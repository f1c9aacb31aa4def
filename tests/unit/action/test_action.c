#include <stddef.h>

#include "test_action.h"

int main(void)
{
    static int (*const suites[])(void) = {
        run_audit_tests,   run_config_tests,     run_plan_tests,   run_policy_tests,
        run_haproxy_tests, run_hold_tests,       run_pgb_tests,    run_pgb_left_tests,
        run_probe_tests,   run_query_tests,      run_reinit_tests, run_remove_tests,
        run_restart_tests, run_rolling_tests,    run_steps_tests,  run_switchover_tests,
        run_syslog_tests,  run_pgb_faults_tests,
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        failed += suites[i]();
    return failed;
}
