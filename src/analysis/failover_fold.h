/*
 * src/analysis/failover_fold.h: what the files of the failover fold share: private to analysis/.
 *
 *   failover.c           events come in; the list of open and kept ones
 *   failover_case.c      one case: its phases, and how it is handed out
 *   failover_signs.c     the leader's signs of life, and when they mean trouble
 *   failover_progress.c  what a snapshot shows of the phases up to "writable"
 *   failover_follow.c    … and of what follows: routes, first write, replicas
 *   failover_end.c       its kind, what is waited for, when it is over, its summary
 */
#ifndef PGDBA_ANALYSIS_FAILOVER_FOLD_PRIVATE_H
#define PGDBA_ANALYSIS_FAILOVER_FOLD_PRIVATE_H

#include "facts.h"
#include "pgdba/analysis/failover.h"

/* When and by whom something was said. */
struct fo_word {
    int64_t mono_us, wall_us, not_before_us, revision;
    enum obs_system source;
};

struct fo_case {
    enum failover_kind kind;
    uint64_t number;
    char *from, *to; /* "" unknown */
    int64_t old_timeline, new_timeline;
    struct fo_word start;
    int64_t opened_us;
    bool coarse;
    int n;
    struct failover_phase *v; /* subject and note malloc'ed */

    bool requested, names_leader, scheduled, refused;
    bool lock_gone, lock_taken;
    int64_t gone_revision;
    bool gone_exactly; /* by the word of the revision, not found gone later */
    bool expired;      /* the member's key went with the lock: its lease ran out */
    bool silent;       /* API and PostgreSQL did not answer */
    bool stopped;      /* it said stopping or stopped, or that it is no primary any more */
    bool crashed;      /* its PostgreSQL was gone while its Patroni was there */
    bool alive;        /* its API answered after the lock was gone */
    bool dcs_out;      /* the leader itself could not reach the DCS */
    bool failsafe, demoted;
    int64_t well_us;   /* the leader has been well again since; 0 it is not */
    int64_t taken_us;  /* of the latest lock, or when the trouble began: older words do not count */
    int64_t probe_seq; /* attempts at the first write; rows are awaited up to there */
    struct failover_outage outage;
    int64_t lost_before, ghosts_before; /* in the probe's run */
};

struct failover_fold {
    char *cluster;
    uint64_t revision, number;
    const struct snapshot *last;      /* a reference; NULL before the first */
    char *leader;                     /* who holds the lock as far as is known; "" nobody known */
    int64_t timeline;                 /* its, while it is well; 0 unknown */
    struct fo_word patroni, postgres; /* its last signs of life; mono_us 0 none */
    int64_t led_since_us; /* when it took the lock; words from before are not the leader's */
    bool says_primary;    /* by its own word over REST, since then */
    int64_t optime_revision;
    bool muted;      /* silent, and its lease goes on: not to be called dead again for that alone */
    char *scheduled; /* a switchover for later: when; NULL none */
    struct fo_case *open;
    struct failover *shown; /* open, as handed out; NULL when it has to be made */
    int nkept, untold;
    struct failover *kept[FAILOVERS_KEPT]; /* newest first */
};

/* ---- failover_case.c */
struct fo_case *fo_case_new(const struct failover_fold *f, const struct fo_word *start);
void fo_case_free(struct fo_case *c);
void fo_set_text(char **slot, const char *text);
struct failover_phase *fo_phase(struct fo_case *c, enum failover_phase_id id, const char *subject);
bool fo_is_done(struct fo_case *c, enum failover_phase_id id);    /* the first of that id */
int64_t fo_done_us(struct fo_case *c, enum failover_phase_id id); /* 0 not done */
/* Marks it done unless it is. note: printf, "" none. */
void fo_done(struct failover_fold *f, struct failover_phase *p, const struct fo_word *w,
             const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void fo_skip(struct failover_fold *f, struct failover_phase *p, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void fo_note(struct failover_fold *f, struct failover_phase *p, const char *text);
/* The phases that this cluster has, what is known of them carried over. */
void fo_arrange(struct failover_fold *f, const struct snapshot *s);
struct failover *fo_render(const struct failover_fold *f, const struct fo_case *c);
struct fo_word fo_word_of(const struct event *e);
/* st's last answer in s; before: the same source in the snapshot before, NULL unknown. */
struct fo_word fo_answer(const struct snapshot *s, enum obs_system source,
                         const struct source_state *st, const struct source_state *before);

/* ---- failover_signs.c */
void fo_learn(struct failover_fold *f, const struct snapshot *s);
/* Another leads, since then: its signs of life begin anew. */
void fo_lead(struct failover_fold *f, const char *name, int64_t since_us);
/* The last sign of the leader, as it stands now. mono_us 0: none. */
struct fo_word fo_last_sign(const struct failover_fold *f, int64_t now_us);
/* Is the leader in trouble for sure? Fills what was seen into *c. */
bool fo_trouble(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                struct fo_case *seen);
bool fo_well(const struct failover_fold *f, const struct snapshot *s, int64_t now_us);

/* ---- failover.c */
void fo_open(struct failover_fold *f, const struct fo_word *w);
void fo_close(struct failover_fold *f, int64_t mono_us, int64_t wall_us);
void fo_drop(struct failover_fold *f);
/* The lock of the open case is gone: what was left open until then is settled. */
void fo_lock_gone(struct failover_fold *f, const struct fo_word *w, const char *note);

/* ---- failover_progress.c, failover_follow.c */
void fo_progress(struct failover_fold *f, const struct snapshot *s);
void fo_follow(struct failover_fold *f, const struct snapshot *s, int64_t now_us);
void fo_candidates(struct failover_fold *f, const struct snapshot *s);
void fo_promoted(struct failover_fold *f, const struct fo_word *w, int64_t timeline);

/* ---- failover_end.c */
enum failover_kind fo_kind(const struct fo_case *c);
/* Kind, NEXT and OVERDUE, and the end. */
void fo_settle(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
               int64_t now_wall_us);
char *fo_summary(const struct failover *f); /* malloc'ed */

#endif
