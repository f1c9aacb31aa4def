/*
 * net/env.c: what the environment must not decide for us.
 */
#include <stdlib.h>

#include "priv.h"

/*
 * libpq sends PGOPTIONS and PGGEQO as start-up parameters, which PgBouncer refuses ("unsupported
 * startup parameter"; reference "middleware.md" §1.2), and no connection parameter can take PGGEQO
 * back. PGHOSTADDR would lead a connection by socket elsewhere; PGTARGETSESSIONATTRS would ask the
 * server things it cannot answer. The rest (PGHOST, PGUSER, PGSSLMODE, PGPASSFILE, ...) is the
 * user's convention and stays. The variables are removed, not overridden with options='': so
 * options from a conninfo or a service file still work.
 */
static const char *const poison[] = {"PGOPTIONS", "PGGEQO", "PGHOSTADDR", "PGTARGETSESSIONATTRS"};

void net_env_neutralise(void)
{
    for (size_t i = 0; i < sizeof poison / sizeof *poison; i++)
        unsetenv(poison[i]);
}
