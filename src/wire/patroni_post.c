/* What is sent to change something, and what the answer means. Reference: "patroni.md" §2. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/wire/patroni.h"

static void set_text(json_t *o, const char *key, const char *text)
{
    if (text)
        json_object_set_new(o, key, wire_json_string(text, strlen(text)));
}

static void put_body(struct buf *out, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text)
        abort();
    buf_puts(out, text);
    free(text);
}

/* With its zone, as Patroni wants it: UTC, which needs no knowledge of anybody's. */
static void set_time(json_t *o, const char *key, int64_t at_us)
{
    char text[FMT_MAX];
    if (at_us)
        set_text(o, key, fmt_time_iso(text, at_us));
}

void wire_switchover_body(struct buf *out, const char *leader, const char *candidate, int64_t at_us)
{
    json_t *o = json_object();
    set_text(o, "leader", leader);
    set_text(o, "candidate", candidate);
    set_time(o, "scheduled_at", at_us);
    put_body(out, o);
}

void wire_failover_body(struct buf *out, const char *candidate)
{
    json_t *o = json_object();
    set_text(o, "candidate", candidate);
    put_body(out, o);
}

void wire_restart_body(struct buf *out, const struct request *r)
{
    json_t *o = json_object();
    if (r->pending) /* Patroni looks at the key's presence only: never send false */
        json_object_set_new(o, "restart_pending", json_true());
    set_text(o, "postgres_version", r->pg_version);
    if (r->timeout_s > 0)
        json_object_set_new(o, "timeout", json_integer(r->timeout_s));
    set_time(o, "schedule", r->at_us);
    put_body(out, o);
}

void wire_reinit_body(struct buf *out, bool force, bool from_leader)
{
    json_t *o = json_object();
    if (force)
        json_object_set_new(o, "force", json_true());
    if (from_leader) /* an underscore, whatever Patroni's documentation prints */
        json_object_set_new(o, "from_leader", json_true());
    put_body(out, o);
}

void wire_pause_body(struct buf *out, bool pause)
{
    json_t *o = json_object();
    json_object_set_new(o, "pause", pause ? json_true() : json_null());
    put_body(out, o);
}

void wire_demote_body(struct buf *out, const struct standby_of *to)
{
    json_t *o = json_object(), *section = json_object();
    set_text(section, "host", to->host);
    if (to->port)
        json_object_set_new(section, "port", json_integer(to->port));
    set_text(section, "restore_command", to->restore_command);
    set_text(section, "primary_slot_name", to->slot);
    json_object_set_new(o, "standby_cluster", section);
    put_body(out, o);
}

#define OF(kind)   (UINT64_C(1) << (kind))
#define OF_ALL     (OF(ACT_COUNT) - 1)
#define OF_HANDING (OF(ACT_SWITCHOVER) | OF(ACT_FAILOVER) | OF(ACT_ROLLING) | OF(ACT_HOLD))
#define OF_RESTART (OF(ACT_RESTART) | OF(ACT_RESTART_AT) | OF(ACT_ROLLING))
/* PATCH /config: the whole configuration comes back. */
#define OF_CONFIG \
    (OF(ACT_PAUSE) | OF(ACT_RESUME) | OF(ACT_CONFIG) | OF(ACT_DEMOTE) | OF(ACT_PROMOTE))
#define ANY_STATUS 0

/* Texts of Patroni 2.1 to 4.1. The first row that fits tells; what has no row here falls to the
 * status alone (by_status). A failover's texts stand beside the switchover's: with a leader given,
 * releases before 3.2 say "Failover". */
static const struct answer_row {
    uint64_t kinds;
    int status;
    bool anywhere; /* in the text, else at its beginning */
    const char *text;
    enum wire_answer answer;
} answers[] = {
    /* "... may still be in progress" on later versions */
    {OF_HANDING, ANY_STATUS, true, "status unknown", WIRE_UNKNOWN_OUTCOME},
    {OF_HANDING, 200, false, "Successfully ", WIRE_DONE},
    {OF_HANDING, 200, false, "Switched over to ", WIRE_DONE},
    {OF_HANDING, 200, false, "Failed over to ", WIRE_DONE},
    {OF_HANDING, 503, false, "Switchover failed", WIRE_REFUSED},
    {OF_HANDING, 503, false, "Failover failed", WIRE_REFUSED},
    /* "failed to write failover key into DCS": the write may have arrived all the same, when it
     * was its answer that got lost */
    {OF_HANDING, 503, false, "failed to write ", WIRE_UNKNOWN_OUTCOME},

    {OF_RESTART, 200, false, "restarted successfully", WIRE_DONE},
    {OF_RESTART, 503, false, "restart conditions are not satisfied", WIRE_REFUSED},
    {OF_RESTART, 503, false, "postgres is still starting", WIRE_UNKNOWN_OUTCOME},
    {OF_RESTART, 503, false, "restart failed", WIRE_FAILED},
    {OF_RESTART, 400, false, "restart failed", WIRE_FAILED}, /* an exception on the way */
    {OF_RESTART, 500, false, "Can't schedule", WIRE_REFUSED},

    {OF(ACT_REINIT), 200, false, "reinitialize started", WIRE_ACCEPTED},
    {OF(ACT_REINIT), 503, false, "I am the leader", WIRE_REFUSED},
    {OF(ACT_REINIT), 503, false, "Cluster has no leader", WIRE_REFUSED},

    {OF_RESTART | OF(ACT_REINIT), 503, true, "already in progress", WIRE_REFUSED},
    {OF(ACT_SWITCHOVER_AT), 503, false, "failed to write ", WIRE_UNKNOWN_OUTCOME},
    {OF(ACT_CANCEL_SWITCHOVER), 200, false, "scheduled switchover deleted", WIRE_DONE},
    {OF(ACT_CANCEL_RESTART), 200, false, "scheduled restart deleted", WIRE_DONE},
    {OF_CONFIG, 200, false, "{", WIRE_DONE},
    {OF_CONFIG, 503, true, "<", WIRE_REFUSED}, /* there is no configuration yet to be changed */
    {OF_ALL, 202, false, "", WIRE_ACCEPTED},
};

static bool text_fits(const struct answer_row *row, const char *s, size_t n)
{
    size_t len = strlen(row->text);
    for (size_t i = 0; i + len <= n; i++) {
        if (memcmp(s + i, row->text, len) == 0)
            return true;
        if (!row->anywhere)
            return false;
    }
    return false;
}

/* Without words to go by. A request that was not understood did nothing; anything else that came
 * from the server's side, or from a proxy's, may hide an operation that is under way. A 200 whose
 * text is not Patroni's is no success. */
static enum wire_answer by_status(int status)
{
    if (status == 408) /* a proxy gave up waiting */
        return WIRE_UNKNOWN_OUTCOME;
    if (status >= 400 && status < 500)
        return WIRE_REFUSED;
    if (status == 501) /* no such request in this Patroni */
        return WIRE_REFUSED;
    return WIRE_UNKNOWN_OUTCOME;
}

enum wire_answer wire_patroni_answer(enum action_kind kind, int status, const char *body, size_t n)
{
    const size_t enough = 4096; /* these are sentences; more is a page of somebody else's */
    if (status == 401 || status == 403)
        return WIRE_UNAUTHORISED;
    if (!body) {
        body = "";
        n = 0;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const struct answer_row *row = &answers[i];
        if (!(row->kinds & OF(kind)) || (row->status != ANY_STATUS && row->status != status))
            continue;
        if (text_fits(row, body, n < enough ? n : enough))
            return row->answer;
    }
    return by_status(status);
}
