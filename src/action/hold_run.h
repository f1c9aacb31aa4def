/* hold_run.h: what the parts of a held switchover's course share: the way there (hold.c), and what
 * follows (hold_back.c). Private to them. */
#ifndef PGDBA_ACTION_HOLD_RUN_H
#define PGDBA_ACTION_HOLD_RUN_H

#include "hold.h"

#define HOLD_LOOK (100 * USEC_PER_MS) /* between two looks while clients wait */
/* Once the lead has moved; a source that has not answered is not asked again. */
#define HOLD_LOOK_SOON (50 * USEC_PER_MS)

enum hold_stage {
    PREPARING,
    PAUSING,
    SWITCHING,
    OPENING,
    RESUMING,
    SERVING,
    PUTTING_BACK,
    FOLLOWING
};

struct hold {
    enum hold_stage stage;
    struct talk **talks;
    int n;
    int nbefore;    /* steps before Patroni is asked */
    void *takeover; /* the state of the run within */
    int ph_switch, ph_route, ph_resume, ph_served;
    const char *winner;          /* promoted; NULL: not yet */
    int64_t resumed_us;          /* 0 not yet */
    int64_t until_us;            /* of the stage */
    int64_t look_us, inner_us;   /* the next look; the deadline of the run within */
    int64_t asked_us;            /* Patroni, to switch over */
    bool inner_over, stop, soon; /* stop: nothing more is begun; soon: look often */
    enum op_state state;         /* the end of the run within, or why there was none */
    const char *outcome;
    const char *trouble; /* with the clients; NULL none */
    struct hold_release lock;
    const char *unserved; /* seen last, after they were let go; NULL nothing */
};

const char *hold_resumed(const struct talk *t); /* what is said of one that is done */
/* Lets everybody go: once, from whatever stage before. */
void hold_go_back(struct action_run *r);
void hold_put_back(struct action_run *r);
void hold_finish(struct action_run *r);
void hold_look_at_clients(struct action_run *r, const struct snapshot *s);
void hold_let_lines_go(struct action_run *r);

#endif
