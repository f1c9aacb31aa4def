/* main.c: picks console, command or drill from argv. */
#include <stdio.h>

int main(void)
{
    fputs("pgdba: not built yet\n", stderr);
    return 64;
}
