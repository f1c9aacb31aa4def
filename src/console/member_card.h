/*
 * member_card.h: what is known of one member, taken from the freshest source that says it, and the
 * card with all sources side by side. Shared by the topology and lag panes.
 */
#ifndef PGDBA_CONSOLE_MEMBER_CARD_H
#define PGDBA_CONSOLE_MEMBER_CARD_H

#include "pgdba/console/pane.h"

struct member_facts {
    bool stale;    /* nothing fresh says any of this */
    bool gone;     /* not listed any more, and silent */
    int64_t at_us; /* when the source that was taken last answered; 0 never */
    enum role role;
    const char *state_words; /* state, or why it is not known, in words */
    enum theme_role state_role;
    int64_t timeline; /* 0 unknown */
    lsn_t location, received, replayed;
    bool pending_restart;
    int npending;
    const struct pending_reason *pending;
    const struct tags *tags; /* NULL unknown */
};

struct member_facts member_facts_of(const struct picture *p, const struct member *m,
                                    struct arena *a);
/* Of the card: PostgreSQL itself, etcd, HAProxy, PgBouncer. */
void member_systems(const struct picture *p, const struct member *m, struct doc *d);
void member_card(const struct picture *p, const char *key, struct doc *d);

#endif
