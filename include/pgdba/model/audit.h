/*
 * model/audit.h: what stands in the audit log: who asked for what, and how it ended. One line an
 * intent (before anything goes out), one an outcome, one a refusal.
 */
#ifndef PGDBA_MODEL_AUDIT_H
#define PGDBA_MODEL_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

enum audit_what { AUDIT_INTENT, AUDIT_OUTCOME, AUDIT_REFUSAL, AUDIT_WHAT_COUNT };

/* The outcome of what the program did not follow to its end; the next one looks what became of it.
 */
#define AUDIT_LEFT "left running"

struct audit_request {
    const char *member, *method, *url, *body;
};

struct audit_check {
    const char *check, *verdict, *reason;
};

struct audit_phase {
    const char *phase, *state, *note;
    int64_t after_us; /* since the start; -1 not said */
};

/* Texts are cleaned, "" when not said. */
struct audit_line {
    enum audit_what what;
    int64_t wall_us;
    const char *id; /* the same of an intent and its outcome */
    const char *user, *host;
    int64_t pid; /* 0 not said */
    const char *cluster, *action, *command;
    const char *leader;
    const char *candidate; /* that the request named */
    int64_t timeline;      /* 0 not known */
    const char *accepted;  /* intent: how its warnings were confirmed */
    const char *outcome;   /* "done", "left running", …; a refusal's reason */
    const char *observed, *answer;
    const char *ssh_client, *sudo_user, *environment;
    int64_t duration_us; /* outcome; -1 not said */
    int nrequests, nchecks, nphases;
    const struct audit_request *requests;
    const struct audit_check *checks; /* intent and refusal */
    const struct audit_phase *phases; /* outcome */
};

struct audit_lines {
    int n;
    const struct audit_line *v; /* oldest first */
    int broken;                 /* lines that are none of ours */
    bool cut;                   /* there are older ones, which were not read */
};

/* What was asked for and what became of it, as one. */
struct audit_entry {
    const struct audit_line *begin; /* the intent or the refusal; of an end alone: the outcome */
    const struct audit_line *end;   /* the outcome; NULL: none (yet), or a refusal */
    const char *members;            /* "pg1, pg2", "" */
    const char *outcome;            /* "done", "refused", "no end is written" */
    const char *why;                /* a sentence: what was observed, or why it was refused */
};

struct audit_trail {
    int n;
    const struct audit_entry *v; /* newest first */
};

const char *audit_what_name(enum audit_what w); /* "intent" */

#endif
