/* test_command.h: the suites of room command. */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

int run_parse_tests(void);
int run_complete_tests(void);
int run_help_tests(void);

#endif
