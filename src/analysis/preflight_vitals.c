/* What goes on in the leader's PostgreSQL, by its own word: where it is not asked, nothing is said.
 */
#include "flight.h"

#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define READING_TIME     (600 * USEC_PER_SEC)
#define LONG_TRANSACTION (60 * USEC_PER_SEC)
#define OLD              (60 * USEC_PER_SEC)

/* True when the leader is hit by this: a restart of replicas alone is none of its business. */
static bool leader_goes(const struct flight *f)
{
    bool members = f->r->kind == ACT_RESTART || f->r->kind == ACT_ROLLING;
    return f->leader && (!members || flight_targets(f, f->leader));
}

/* NULL: said already why not, or there is nothing to say. */
static const struct pg_vitals *vitals(struct flight *f)
{
    char age[FMT_MAX];
    const struct member *m = f->leader;
    if (!leader_goes(f) || m->vitals_state.outcome == OBS_NEVER)
        return NULL;
    if (m->vitals && f->now_us - m->vitals_state.answered_us <= OLD)
        return m->vitals;
    if (m->vitals)
        flight_say(f, CHECK_WARN, "not known: what %s said of it is %s old (%s)", m->name,
                   fmt_duration(age, f->now_us - m->vitals_state.answered_us),
                   obs_outcome_name(m->vitals_state.outcome));
    else
        flight_say(f, CHECK_WARN, "not known: PostgreSQL on %s does not say it (%s)", m->name,
                   obs_outcome_name(m->vitals_state.outcome));
    return NULL;
}

void flight_transactions(struct flight *f)
{
    const struct pg_vitals *v = vitals(f);
    char age[FMT_MAX];
    if (!v)
        return;
    if (v->xact_us >= LONG_TRANSACTION) {
        flight_say(f, CHECK_WARN,
                   "a transaction on %s has been open for %s (%s, pid %lld): it is "
                   "broken off",
                   f->leader->name, fmt_duration(age, v->xact_us), v->xact_who,
                   (long long)v->xact_pid);
        /* It gets older while the plan is read. */
        flight_amount(f, v->xact_us, READING_TIME);
    } else if (!v->sees_all)
        flight_say(f, CHECK_PASS, "none that our login may see (it is no member of pg_monitor)");
    else if (v->xact_us >= 0)
        flight_say(f, CHECK_PASS, "the longest transaction on %s has been open for %s",
                   f->leader->name, fmt_duration(age, v->xact_us));
    else
        flight_say(f, CHECK_PASS, "no transaction is open on %s", f->leader->name);
}

void flight_prepared(struct flight *f)
{
    const struct pg_vitals *v = vitals(f);
    char age[FMT_MAX];
    if (!v)
        return;
    if (v->nprepared)
        flight_say(f, CHECK_WARN,
                   "%lld prepared transaction%s on %s, the oldest for %s: %s there, "
                   "with their locks",
                   (long long)v->nprepared, v->nprepared > 1 ? "s wait" : " waits", f->leader->name,
                   fmt_duration(age, v->prepared_us),
                   f->r->kind == ACT_RESTART || f->r->kind == ACT_ROLLING
                       ? "they are still"
                       : "the new leader has them");
    else
        flight_say(f, CHECK_PASS, "no prepared transaction waits on %s", f->leader->name);
}

/* As Patroni names a member's slot. */
static bool is_slot_of(const char *slot, const char *member, struct arena *a)
{
    struct buf b;
    buf_init(&b);
    for (const char *c = member; *c; c++) {
        if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_')
            buf_putc(&b, *c);
        else if (*c >= 'A' && *c <= 'Z')
            buf_putc(&b, (char)(*c - 'A' + 'a'));
        else if (*c == '-' || *c == '.')
            buf_putc(&b, '_');
        else
            buf_addf(&b, "u%04d", (unsigned char)*c);
    }
    bool same = strcmp(arena_strdup(a, b.s), slot) == 0;
    buf_release(&b);
    return same;
}

static bool is_kept(const struct flight *f, const struct pg_slot *slot)
{
    const struct dynamic_config *c = f->s->config;
    for (int i = 0; c && i < c->nslots; i++)
        if (strcmp(c->slots[i], slot->name) == 0)
            return true;
    for (int i = 0; i < f->s->nmembers; i++)
        if (is_slot_of(slot->name, f->s->members[i].name, f->a))
            return true;
    return slot->failover;
}

void flight_slots(struct flight *f)
{
    const struct pg_vitals *v = vitals(f);
    bool said = false;
    for (int i = 0; v && i < v->nslots; i++) {
        const struct pg_slot *slot = &v->slots[i];
        if (is_kept(f, slot))
            continue;
        said = true;
        flight_say(f, CHECK_WARN,
                   "the %s slot %s is on %s alone%s: who reads from it loses its "
                   "place; slots: in Patroni's configuration keeps it",
                   slot->logical ? "logical" : "physical", slot->name, f->leader->name,
                   slot->active ? ", and in use" : "");
    }
    if (v && !said)
        flight_say(f, CHECK_PASS, "every slot on %s is a member's, or kept by Patroni",
                   f->leader->name);
}

void flight_archiving(struct flight *f)
{
    const struct pg_vitals *v = vitals(f);
    char age[FMT_MAX];
    if (!v)
        return;
    if (v->archiving && *v->archive_failed)
        flight_say(f, CHECK_WARN,
                   "archiving fails on %s: %s, last tried %s ago; its shutdown waits "
                   "for the archiver",
                   f->leader->name, v->archive_failed, fmt_duration(age, v->archive_failed_us));
    else if (v->archiving)
        flight_say(f, CHECK_PASS, "archiving works on %s", f->leader->name);
    else
        flight_say(f, CHECK_PASS, "%s does not archive", f->leader->name);
}
