#include "test_command.h"

int main(void)
{
    return run_parse_tests() + run_complete_tests() + run_help_tests();
}
