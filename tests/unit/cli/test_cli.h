#ifndef PGDBA_TESTS_CLI_H
#define PGDBA_TESTS_CLI_H

int run_watch_tests(void);
int run_list_tests(void);
int run_lasting_tests(void);

#endif
