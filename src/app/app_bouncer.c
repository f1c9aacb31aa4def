/* The way to a PgBouncer's admin console for who acts on it. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/net/pg.h"

struct app_bouncer_way {
    struct arena arena; /* of the way that was asked for last */
};

static struct arena *fresh(struct app *a)
{
    if (!a->bouncer_way) {
        a->bouncer_way = xcalloc(1, sizeof *a->bouncer_way);
        arena_init(&a->bouncer_way->arena);
    }
    arena_release(&a->bouncer_way->arena);
    arena_init(&a->bouncer_way->arena);
    return &a->bouncer_way->arena;
}

/* The console is the database of that name, wherever the conninfo leads; GSS is always refused. */
static const char *const *extra_of(const struct pgbouncer_config *b, struct arena *arena)
{
    static const char *const ours[] = {"dbname=pgbouncer", "application_name=pgdba",
                                       "gssencmode=disable"};
    enum { OURS = sizeof ours / sizeof *ours };
    int n = 0;
    while (b->admin_conninfo && b->admin_extra && b->admin_extra[n])
        n++;
    const char **v = arena_array(arena, (size_t)n + OURS + 1, const char *);
    memcpy(v, ours, sizeof ours);
    if (n)
        memcpy(v + OURS, b->admin_extra, (size_t)n * sizeof *v);
    return v;
}

static const char *label_of(const struct pgbouncer_config *b, struct arena *arena)
{
    char *label = NULL;
    if (net_pg_check(b->conninfo, &label, NULL) != ST_OK)
        return b->name;
    char *slash = strrchr(label, '/');
    if (slash)
        *slash = '\0';
    const char *out = arena_printf(arena, "%s/pgbouncer", label);
    free(label);
    return out;
}

struct action_sql_route app_bouncer_route(void *arg, const char *name)
{
    struct app *a = arg;
    struct arena *arena = fresh(a);
    const struct pgbouncer_config *b = NULL;
    const char *password = NULL, *why = "";
    for (int i = 0; a->config && i < a->config->npgbouncer; i++)
        if (strcmp(a->config->pgbouncer[i].name, name) == 0)
            b = &a->config->pgbouncer[i];
    if (!b)
        return (struct action_sql_route){
            .why = arena_printf(arena, "there is no PgBouncer %s in the cluster's file", name)};
    if (!app_bouncer_password(a, (int)(b - a->config->pgbouncer), &password, &why))
        return (struct action_sql_route){.why = why};
    return (struct action_sql_route){.conninfo =
                                         b->admin_conninfo ? b->admin_conninfo : b->conninfo,
                                     .password = password,
                                     .label = label_of(b, arena),
                                     .why = "",
                                     .extra = extra_of(b, arena)};
}

bool app_bouncers_known(const struct app *a)
{
    const struct snapshot *s = a->published;
    for (int i = 0; s && i < s->nbouncers; i++)
        if (s->bouncers[i].pools_state.outcome == OBS_ANSWERED &&
            s->bouncers[i].config_state.outcome == OBS_NEVER)
            return false;
    return true;
}

void app_bouncer_close(struct app *a)
{
    if (!a->bouncer_way)
        return;
    arena_release(&a->bouncer_way->arena);
    free(a->bouncer_way);
    a->bouncer_way = NULL;
}
