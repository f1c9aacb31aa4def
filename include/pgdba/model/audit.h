/*
 * model/audit.h: what stands in the audit log: who asked for what, and how it ended. One line an
 * intent (before anything goes out), one an outcome, one a refusal.
 */
#ifndef PGDBA_MODEL_AUDIT_H
#define PGDBA_MODEL_AUDIT_H

#include <stdint.h>

enum audit_what { AUDIT_INTENT, AUDIT_OUTCOME, AUDIT_REFUSAL, AUDIT_WHAT_COUNT };

/* Texts are cleaned, "" when not said. */
struct audit_line {
    enum audit_what what;
    int64_t wall_us;
    const char *id; /* the same of an intent and its outcome */
    const char *user, *host;
    int64_t pid; /* 0 not said */
    const char *cluster, *action, *command;
    const char *leader;
    int64_t timeline;     /* 0 not known */
    const char *accepted; /* intent: how its warnings were confirmed */
    const char *outcome;  /* "done", "left running", …; a refusal's reason */
    const char *observed;
};

struct audit_lines {
    int n;
    const struct audit_line *v; /* oldest first */
    int broken;                 /* lines that are none of ours */
};

const char *audit_what_name(enum audit_what w); /* "intent" */

#endif
