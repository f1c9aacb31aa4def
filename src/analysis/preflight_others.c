/* Two people at once. */
#include "flight.h"

#include "pgdba/base/fmt.h"

static void say_one(struct flight *f, const struct acting *o)
{
    char since[FMT_MAX];
    int64_t wall = f->s->wall_us + f->now_us - f->s->mono_us;
    bool timed = o->since_wall_us > 0 && o->since_wall_us <= wall;
    flight_say(f, CHECK_WARN, "%s on %s is doing this now%s%s: %s", *o->user ? o->user : "somebody",
               *o->host ? o->host : "another host", timed ? ", since " : "",
               timed ? fmt_duration(since, wall - o->since_wall_us) : "",
               *o->command ? o->command : o->action);
}

void flight_others(struct flight *f)
{
    const struct acting_list *l = f->s->acting;
    if (!f->s->etcd_configured)
        return;
    if (!l)
        flight_say(f, CHECK_WARN,
                   "whether somebody else acts is not known: pgdba's own keys in etcd cannot be "
                   "read (its user needs the right to read and write under /pgdba)");
    for (int i = 0; l && i < l->n; i++)
        say_one(f, &l->v[i]);
    if (l && l->n == 0)
        flight_say(f, CHECK_PASS, "nobody else says that he acts");
}
