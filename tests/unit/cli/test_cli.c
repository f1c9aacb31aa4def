#include "test_cli.h"

#include <signal.h>

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as main() does */
    return run_watch_tests() + run_list_tests() + run_lasting_tests();
}
