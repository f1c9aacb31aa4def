/* An entry of the audit log for programs: its two lines as one object. */
#include "pgdba/base/fmt.h"
#include "pgdba/wire/audit.h"
#include "pgdba/wire/json_out.h"

/* What was not said is null, not an empty text. */
static void put(struct wire_json *j, const char *key, const char *text)
{
    wire_json_str(j, key, text && *text ? text : NULL);
}

static void put_ms(struct wire_json *j, const char *key, int64_t us)
{
    if (us < 0)
        wire_json_null(j, key);
    else
        wire_json_int(j, key, us / 1000);
}

static void put_who(struct wire_json *j, const struct audit_line *l)
{
    put(j, "user", l->user);
    put(j, "sudo_user", l->sudo_user);
    put(j, "ssh_client", l->ssh_client);
    put(j, "host", l->host);
    if (l->pid > 0)
        wire_json_int(j, "pid", l->pid);
    else
        wire_json_null(j, "pid");
}

static void put_requests(struct wire_json *j, const struct audit_line *l)
{
    struct wire_json *list = wire_json_add_array(j, "requests");
    for (int i = 0; i < l->nrequests; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);
        put(o, "member", l->requests[i].member);
        put(o, "method", l->requests[i].method);
        put(o, "url", l->requests[i].url);
        put(o, "body", l->requests[i].body);
    }
}

static void put_checks(struct wire_json *j, const struct audit_line *l)
{
    struct wire_json *list = wire_json_add_array(j, "checks");
    for (int i = 0; i < l->nchecks; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);
        put(o, "check", l->checks[i].check);
        put(o, "verdict", l->checks[i].verdict);
        put(o, "reason", l->checks[i].reason);
    }
}

static void put_phases(struct wire_json *j, const struct audit_line *l)
{
    struct wire_json *list = wire_json_add_array(j, "phases");
    for (int i = 0; l && i < l->nphases; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);
        put(o, "phase", l->phases[i].phase);
        put(o, "state", l->phases[i].state);
        put_ms(o, "after_ms", l->phases[i].after_us);
        put(o, "note", l->phases[i].note);
    }
}

void wire_audit_json(struct wire_json *j, const struct audit_entry *e)
{
    const struct audit_line *b = e->begin;
    char t[FMT_MAX];
    wire_json_str(j, "time", fmt_time_iso(t, b->wall_us));
    put(j, "id", b->id);
    wire_json_bool(j, "refused", b->what == AUDIT_REFUSAL);
    put_who(j, b);
    put(j, "cluster", b->cluster);
    put(j, "environment", b->environment);
    put(j, "action", b->action);
    put(j, "command", b->command);
    put(j, "members", e->members);
    put(j, "leader", b->leader);
    put(j, "accepted", b->accepted);
    put(j, "outcome", e->outcome);
    put(j, "why", e->why);
    put(j, "answer", e->end ? e->end->answer : NULL);
    put_ms(j, "duration_ms", e->end ? e->end->duration_us : -1);
    put_requests(j, b);
    put_checks(j, b);
    put_phases(j, e->end);
}
