/* routes: the ways from an application to the leader, and where each really ends. */
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/ways.h"
#include "pgdba/base/fmt.h"

#define NAMES_TIMEOUT (2 * USEC_PER_SEC)

/* What a script acts on: writes get through everywhere, or they do not, or it cannot be told. */
static int exit_of(enum way_state worst)
{
    return worst == WAY_OPEN ? CLI_HEALTHY : worst >= WAY_READ_ONLY ? CLI_CRITICAL : CLI_DEGRADED;
}

static const char *hop_name(struct arena *a, const struct way_hop *h)
{
    return *h->part ? arena_printf(a, "%s/%s", h->name, h->part) : h->name;
}

static const char *through(struct arena *a, const struct way *w)
{
    const char *text = "";
    for (int i = 1; i < w->nhops; i++)
        text = arena_printf(a, "%s%s%s", text,
                            !*text              ? ""
                            : w->hops[i].beside ? " or "
                                                : " > ",
                            hop_name(a, &w->hops[i]));
    return *text ? text : "direct";
}

static void print_reasons(struct cli *c, const struct way *v, int n)
{
    for (int i = 0; i < n; i++) {
        if (v[i].state == WAY_OPEN)
            continue;
        fprintf(c->opt->out, "\n%s %s\n", v[i].key, v[i].reason);
        if (*v[i].cure)
            fprintf(c->opt->out, "  what to do: %s\n", v[i].cure);
    }
}

static void print_text(struct cli *c, const struct cli_reading *r, const struct way *v, int n)
{
    static const char *const heads[] = {"ENTRY", "FOR", "STATE", "GOES THROUGH", "ENDS AT", "AGE"};
    enum { HEADS = sizeof heads / sizeof *heads };
    struct arena *a = &c->arena;
    struct cli_table t;
    cli_table_init(&t, a, HEADS, heads);
    for (int i = 0; i < n; i++) {
        char age[FMT_MAX];
        const char *cells[HEADS] = {
            v[i].key,
            v[i].writes ? "writes" : "reads",
            way_state_name(v[i].state),
            through(a, &v[i]),
            way_end_text(&v[i], r->s, a),
            v[i].at_us ? arena_strdup(a, fmt_age(age, r->now_us - v[i].at_us)) : "?",
        };
        cli_table_row(&t, cells);
    }
    cli_print_head(c, r);
    fputc('\n', c->opt->out);
    cli_table_print(&t, c->opt->out);
    if (n == 0)
        fputs("no PgBouncer, no HAProxy and no route is configured for this cluster\n",
              c->opt->out);
    print_reasons(c, v, n);
}

static int64_t age_ms(int64_t at_us, int64_t now_us)
{
    return at_us ? (now_us - at_us) / USEC_PER_MS : INT64_MIN;
}

static int64_t known(int64_t v)
{
    return v < 0 ? INT64_MIN : v;
}

static void put_hop(struct wire_json *list, const struct way_hop *h, const struct cli_reading *r)
{
    struct wire_json *o = wire_json_add_object(list, NULL);
    wire_json_str(o, "kind", way_hop_kind_name(h->kind));
    wire_json_str(o, "name", h->name);
    wire_json_str(o, "part", *h->part ? h->part : NULL);
    if (h->beside)
        wire_json_bool(o, "beside", true);
    wire_json_str(o, "address", *h->at ? h->at : NULL);
    wire_json_str(o, "state", way_state_name(h->state));
    wire_json_str(o, "text", *h->text ? h->text : NULL);
    wire_json_int(o, "sessions", known(h->sessions));
    wire_json_int(o, "waiting", known(h->waiting));
    wire_json_int(o, "age_ms", age_ms(h->at_us, r->now_us));
    if (h->kind == HOP_MEMBER)
        wire_json_bool(o, "leads", h->member == snapshot_leader(r->s));
}

static void put_way(struct wire_json *list, const struct way *w, const struct cli_reading *r)
{
    struct wire_json *o = wire_json_add_object(list, NULL);
    wire_json_str(o, "entry", w->key);
    wire_json_bool(o, "writes", w->writes);
    wire_json_str(o, "state", way_state_name(w->state));
    wire_json_str(o, "reason", *w->reason ? w->reason : NULL);
    wire_json_str(o, "cure", *w->cure ? w->cure : NULL);
    wire_json_int(o, "age_ms", age_ms(w->at_us, r->now_us));
    struct wire_json *hops = wire_json_add_array(o, "hops");
    for (int i = 0; i < w->nhops; i++)
        put_hop(hops, &w->hops[i], r);
    struct wire_json *ends = wire_json_add_array(o, "ends");
    for (int i = 0; i < w->nends; i++)
        put_hop(ends, &w->ends[i], r);
}

static void print_json(struct cli *c, const struct cli_reading *r, const struct way *v, int n)
{
    const struct member *leader = snapshot_leader(r->s);
    struct wire_json *root = cli_json_begin("routes", r->s->cluster, r->wall_us);
    wire_json_str(root, "state", way_state_name(ways_worst(v, n)));
    wire_json_str(root, "leader", leader ? leader->name : NULL);
    struct wire_json *list = wire_json_add_array(root, "routes");
    for (int i = 0; i < n; i++)
        put_way(list, &v[i], r);
    cli_json_print(root, c->opt->out);
}

/* A name is looked up by PgBouncer, and what came of it is asked only when somebody looks. */
static bool has_name(const struct bouncer *b)
{
    for (int i = 0; b->databases && i < b->databases->n; i++) {
        const char *host = b->databases->v[i].host;
        if (host && *host != '/' && strpbrk(host, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ"))
            return true;
    }
    return false;
}

static bool names_known(void *arg)
{
    const struct snapshot *s = app_snapshot(arg);
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        if (b->state.outcome == OBS_ANSWERED && b->dns_hosts_state.outcome == OBS_NEVER &&
            has_name(b))
            return false;
    }
    return true;
}

int cli_routes(struct cli *c)
{
    struct cli_reading r;
    app_show_bouncers(c->app, OBS_BIT(OBS_PGB_DNS_HOSTS));
    int n, code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    cli_wait_postgres(c);
    app_run_until(c->app, names_known, c->app, cli_now(c) + NAMES_TIMEOUT);
    cli_look(c, &r);
    const struct way *v = ways_of(r.s, r.now_us, &c->arena, &n);
    if (c->json)
        print_json(c, &r, v, n);
    else
        print_text(c, &r, v, n);
    return r.v.worst == HEALTH_UNREACHABLE ? r.code : exit_of(ways_worst(v, n));
}
