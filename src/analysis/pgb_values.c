/* What stands in the views of PgBouncer's console and is no field: worked out, or joined. */
#include "pgb_values.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define UNUSED(a, b) ((void)(a), (void)(b))

static struct pgb_value words(const char *text)
{
    return (struct pgb_value){.text = text, .n = -1};
}

static struct pgb_value number(int64_t n)
{
    return (struct pgb_value){.n = n};
}

PGB_GET(pgb_get_bouncer)
{
    UNUSED(s, a);
    return words(l->bouncer->name);
}

static const char *place(struct arena *a, const char *addr, int64_t port)
{
    if (!addr)
        return port > 0 ? arena_printf(a, "unix:%" PRId64, port) : "unix";
    return arena_printf(a, strchr(addr, ':') ? "[%s]:%" PRId64 : "%s:%" PRId64, addr, port);
}

/* "pg1 (10.0.0.1:5432)" where a member is there, else the place alone. */
static const char *target(const struct snapshot *s, struct arena *a, const char *host, int64_t port)
{
    const struct member *m = routes_member_at(s, host, port);
    const char *where = place(a, host, port);
    return m ? arena_printf(a, "%s (%s)", m->name, where) : where;
}

PGB_GET(pgb_get_goes_to)
{
    const struct pgb_database *d = l->row;
    return words(target(s, a, d->host, d->port));
}

PGB_GET(pgb_get_database_state)
{
    UNUSED(s, a);
    const struct pgb_database *d = l->row;
    return words(d->paused && d->disabled ? "paused, disabled"
                 : d->paused              ? "paused"
                 : d->disabled            ? "disabled"
                                          : "ok");
}

PGB_GET(pgb_get_addr)
{
    (void)s;
    const struct pgb_server *c = l->row;
    return words(place(a, c->addr, c->port));
}

PGB_GET(pgb_get_server_target)
{
    const struct pgb_server *c = l->row;
    return words(target(s, a, c->addr, c->port));
}

PGB_GET(pgb_get_wait)
{
    UNUSED(s, a);
    const struct pgb_server *c = l->row;
    bool waits = c->state && strncmp(c->state, "waiting", 7) == 0;
    return number(waits ? c->wait_us : 0);
}

/* An idle client is "active" without a server before 1.25. */
PGB_GET(pgb_get_client_state)
{
    UNUSED(s, a);
    const struct pgb_server *c = l->row;
    if (c->state && strcmp(c->state, "active") == 0 && !c->link)
        return words("idle");
    return words(c->state);
}

PGB_GET(pgb_get_closing)
{
    UNUSED(s, a);
    return words(((const struct pgb_server *)l->row)->close_needed ? "close_needed" : NULL);
}

PGB_GET(pgb_get_changeable)
{
    static const char *const text[] = {NULL, "no", "yes"};
    UNUSED(s, a);
    return words(text[((const struct pgb_setting *)l->row)->changeable]);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What other bouncers have instead: they are meant to be alike. */
PGB_GET(pgb_get_differs)
{
    const struct pgb_setting *mine = l->row;
    const char *out = NULL;
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        const char *other = b != l->bouncer ? pgb_config_value(b, mine->key) : NULL;
        if (other && !same(other, mine->value))
            out = arena_printf(a, "%s%s%s: %s", out ? out : "", out ? ", " : "", b->name, other);
    }
    return words(out);
}

PGB_GET(pgb_get_changed)
{
    UNUSED(s, a);
    const struct pgb_setting *c = l->row;
    return words(c->initial && !same(c->value, c->initial) ? "*" : NULL);
}

PGB_GET(pgb_get_list_limit)
{
    UNUSED(s, a);
    const struct pgb_list *list = l->row;
    return number(strcmp(list->name, "used_clients") == 0
                      ? pgb_config_number(l->bouncer, "max_client_conn")
                      : -1);
}

#define TOTAL(fn, field)                                \
    PGB_GET(fn)                                         \
    {                                                   \
        UNUSED(s, a);                                   \
        return number(pgb_totals_of(l->bouncer).field); \
    }
TOTAL(pgb_get_clients, clients)
TOTAL(pgb_get_waiting, waiting)
TOTAL(pgb_get_servers, servers)
TOTAL(pgb_get_maxwait, maxwait_us)

PGB_GET(pgb_get_version)
{
    UNUSED(s, a);
    return words(l->bouncer->version.text);
}

PGB_GET(pgb_get_max_clients)
{
    UNUSED(s, a);
    return number(pgb_config_number(l->bouncer, "max_client_conn"));
}

PGB_GET(pgb_get_bouncer_state)
{
    UNUSED(s, a);
    const struct bouncer *b = l->bouncer;
    return words(b->state.outcome != OBS_ANSWERED             ? obs_outcome_name(b->state.outcome)
                 : b->globals.suspended == TRI_YES            ? "suspended"
                 : b->globals.paused == TRI_YES || b->held_us ? "paused"
                                                              : "ok");
}

static const char *yes_no(enum tristate t)
{
    return t == TRI_YES ? "yes" : t == TRI_NO ? "no" : "not known";
}

#define GLOBAL(fn, field)                                \
    PGB_GET(fn)                                          \
    {                                                    \
        UNUSED(s, a);                                    \
        return words(yes_no(l->bouncer->globals.field)); \
    }
GLOBAL(pgb_get_active, active)
GLOBAL(pgb_get_paused, paused)
GLOBAL(pgb_get_suspended, suspended)

PGB_GET(pgb_get_since)
{
    char d[FMT_MAX];
    int64_t at = l->bouncer->held_us;
    return words(at == 0 ? NULL
                 : at == SINCE_BEFORE
                     ? "before this program looked"
                     : arena_printf(a, "%s ago", fmt_duration(d, s->mono_us - at)));
}
