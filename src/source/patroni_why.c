/*
 * patroni_why.c: what is told upwards: answers that have found their member, and why a member has
 * no address that answers (reference "patroni.md" §7.3): never a word against the member.
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

static const struct member_row *shares_address(const struct source_patroni *p,
                                               const struct member_row *r)
{
    for (int i = 0; i < p->nrows; i++) {
        const struct member_row *o = &p->rows[i];

        if (o != r && o->listed && o->has_url && strcmp(o->target, r->target) == 0)
            return o;
    }
    return NULL;
}

static bool anybody_nameless(const struct source_patroni *p)
{
    for (int i = 0; i < p->nsites; i++) {
        const struct site *s = p->sites[i];

        if (!s->gone && s->outcome == OBS_ANSWERED && s->member == NULL && s->says == NULL &&
            !site_is_foreign(s))
            return true;
    }
    return false;
}

static void explain_site(const struct source_patroni *p, const struct member_row *r,
                         const struct site *s, struct buf *out)
{
    const struct member_row *other = shares_address(p, r);

    buf_addf(out, "%s: ", s->url.base);
    if (site_is_foreign(s))
        buf_addf(out, "answers for scope %s, not %s", s->scope, p->scope);
    else if (site_is_unsteady(s, patroni_now(p)))
        buf_puts(out, "answers with several names: a balancer?");
    else if (s->says != NULL && strcmp(s->says, r->name) != 0)
        buf_addf(out, "answers as %s", s->says);
    else if (other != NULL)
        buf_addf(out, "advertised by %s too", other->name);
    else if (s->outcome == OBS_ANSWERED)
        buf_puts(out, "does not say its name");
    else
        buf_puts(out, s->detail.s[0] != '\0' ? s->detail.s : obs_outcome_name(s->outcome));
}

bool site_is_silent_in_reach(const struct site *s)
{
    return !s->ever_answered && s->probed &&
           (s->seed || (s->reached && s->outcome == OBS_TIMED_OUT));
}

/* NULL when one of its addresses answers or has not been asked to the end. malloc'ed. */
static char *why_not(const struct source_patroni *p, const struct member_row *r)
{
    const struct site *mine = members_site(p, r->name);
    const struct site *own = r->has_url ? members_site_at(p, r->target) : NULL;
    const struct site *s = own != NULL ? own : mine;
    struct buf out;

    if ((mine != NULL && mine->ever_answered) || !members_seeds_probed(p) ||
        (s != NULL && (!s->probed || site_is_silent_in_reach(s))))
        return NULL;
    buf_init(&out);
    buf_puts(&out, "API not reachable from here (");
    if (s != NULL)
        explain_site(p, r, s, &out);
    else
        buf_puts(&out, "it advertises no usable address");
    buf_putc(&out, ')');
    if (anybody_nameless(p))
        buf_puts(&out, "; a given URL answers without a name (Patroni before 3.2): "
                       "say whose it is with --member-url NAME=URL");
    char *why = buf_detach(&out);

    buf_release(&out);
    return why;
}

/* The store must hear of a member that no request was sent for. */
static void tell_unreached(struct source_patroni *p, struct member_row *r)
{
    const struct clock *clock = net_loop_clock(p->ctx.loop);
    const struct site *own = r->has_url ? members_site_at(p, r->target) : NULL;
    struct observation o = {
        .kind = OBS_PATRONI_HEALTH,
        .target = r->name,
        .endpoint = r->has_url ? r->url.base : "",
        .wall_us = clock_wall(clock),
        .mono_us = clock_mono(clock),
        .outcome = own != NULL && own->outcome != OBS_ANSWERED ? own->outcome : OBS_REFUSED,
        .detail = r->why,
        .date = "",
    };

    r->said_us = o.mono_us;
    patroni_emit(p, &o);
}

static void tell_why(struct source_patroni *p, struct member_row *r)
{
    char *why = why_not(p, r);
    bool same = (why == NULL) == (r->why == NULL) && (why == NULL || strcmp(why, r->why) == 0);

    free(r->why);
    r->why = why;
    if (why == NULL || members_site(p, r->name) != NULL)
        return; /* its site speaks for itself */
    if (!same || patroni_now(p) - r->said_us >= p->t.unreached_us)
        tell_unreached(p, r);
}

static void release_held(struct site *s)
{
    const struct member_row *row;
    struct buf detail;

    if (!s->held.full || s->gone || s->member == NULL || s->duplicate)
        return;
    s->held.full = false;
    s->held.o.target = s->member;
    buf_init(&detail);
    if (!s->ever_answered && !site_is_silent_in_reach(s)) {
        row = members_find(s->p, s->member);
        if (row != NULL && row->why != NULL)
            buf_puts(&detail, row->why);
        else
            buf_addf(&detail, "API not reachable from here (%s: %s)", s->url.base,
                     s->held.o.detail);
        s->held.o.detail = detail.s;
    }
    patroni_emit(s->p, &s->held.o);
    buf_release(&detail);
}

void members_tell(struct source_patroni *p)
{
    for (int i = 0; i < p->nrows; i++)
        if (p->rows[i].listed)
            tell_why(p, &p->rows[i]);
    for (int i = 0; i < p->nsites; i++)
        release_held(p->sites[i]);
}

/* ---- configured, silent, nobody's: of a member that was listed, and is remembered, its own
 * silence is told. */

static bool is_listed_address(const struct source_patroni *p, const struct site *s)
{
    for (int i = 0; i < p->nrows; i++)
        if (p->rows[i].listed && p->rows[i].has_url && strcmp(p->rows[i].target, s->target) == 0)
            return true;
    return false;
}

static bool is_silent(const struct source_patroni *p, const struct site *s)
{
    const struct member_row *row = s->member != NULL ? members_find(p, s->member) : NULL;

    return s->seed && !s->gone && s->probed && s->outcome != OBS_ANSWERED &&
           s->cluster_outcome != OBS_ANSWERED && row == NULL && !is_listed_address(p, s);
}

bool source_patroni_silent_url(const struct source_patroni *p, int i, struct silent_url *out)
{
    /* Whose an address is shows when names have been looked up and everybody was asked once. */
    if (p->view.sent_us == 0 || !members_seeds_probed(p))
        return false;
    for (int k = 0; k < p->nsites; k++)
        if (is_silent(p, p->sites[k]) && i-- == 0) {
            *out = (struct silent_url){p->sites[k]->url.base, p->sites[k]->outcome,
                                       p->sites[k]->detail.s};
            return true;
        }
    return false;
}
