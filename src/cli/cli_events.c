/* events: what happened, kept and now, in the order it did. */
#include "cli_private.h"
#include "pgdba/base/fmt.h"

/* What was polled is known to the poll's grain; under a frame's time nobody asks. */
#define GRAIN (20 * USEC_PER_MS)

const char *cli_stamp(struct arena *a, int64_t wall_us)
{
    char t[FMT_MAX];
    return arena_printf(a, "%s.%03d", fmt_time_local(t, wall_us),
                        (int)(wall_us / USEC_PER_MS % 1000));
}

const char *cli_said_by(enum obs_system source, int64_t revision, int64_t mono_us,
                        int64_t not_before_us, struct arena *a)
{
    char t[FMT_MAX];
    const char *by = source == SYS_PGDBA ? "" : obs_system_name(source);
    const char *rev = revision ? arena_printf(a, ", revision %lld", (long long)revision) : "";
    bool coarse = not_before_us && mono_us - not_before_us > GRAIN;
    const char *within =
        coarse ? arena_printf(a, ", within %s", fmt_duration(t, mono_us - not_before_us)) : "";
    return *by ? arena_printf(a, "%s%s%s", by, rev, within) : "";
}

void cli_event_text(const struct event *e, struct arena *a, struct buf *out)
{
    const char *by = cli_said_by(e->source, e->revision, e->mono_us, e->not_before_us, a);
    buf_addf(out, "%s %s%s%s%s\n", cli_stamp(a, e->wall_us), e->text, *by ? " (" : "", by,
             *by ? ")" : "");
}

static void print_json(struct cli *c, const struct cli_reading *r, const struct event_log *log,
                       int n)
{
    struct wire_json *root = cli_json_begin("events", r->s->cluster, r->wall_us);
    struct wire_json *list = wire_json_add_array(root, "events");
    for (int i = n - 1; i >= 0; i--)
        wire_event_json(wire_json_add_object(list, NULL), event_log_get(log, i));
    cli_json_print(root, c->opt->out);
}

int cli_events(struct cli *c)
{
    struct cli_reading r;
    const char *limit = invocation_get(c->inv, "--limit");
    int64_t most = INT64_MAX;
    if (!cli_begin(c, &r))
        return r.code;
    if (limit)
        fmt_parse_int(limit, &most); /* the parser has checked it */
    const struct event_log *log = app_events(c->app);
    int n = event_log_count(log) < most ? event_log_count(log) : (int)most;
    if (c->json) {
        print_json(c, &r, log, n);
        return r.code;
    }
    struct buf b;
    buf_init(&b);
    for (int i = n - 1; i >= 0; i--)
        cli_event_text(event_log_get(log, i), &c->arena, &b);
    fputs(n ? b.s
            : "No events are kept of this cluster yet: they are while a console or pgdba "
              "watch is open.\n",
          c->opt->out);
    buf_release(&b);
    return r.code;
}
