/*
 * config/settings.h: general settings, ${XDG_CONFIG_HOME}/pgdba/pgdba.yml, then
 * /etc/pgdba/pgdba.yml; the user's file wins key by key. Described in pgdba.yml(5), whose tables
 * come from the schema in settings.c.
 */
#ifndef PGDBA_CONFIG_SETTINGS_H
#define PGDBA_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"
#include "pgdba/config/policy.h"

enum glyphs { GLYPHS_AUTO, GLYPHS_UTF8, GLYPHS_ASCII };

struct key_binding {
    const char *key;     /* "F5", "s", "C-r" */
    const char *command; /* a command string, parsed by command/ at start */
    const char *note;    /* "" */
    const char *where;   /* file:line, for messages */
};

struct audit_config {
    bool syslog; /* a copy of each line goes there */
};

struct settings {
    struct arena arena;
    int64_t refresh_us; /* default 1 s; 0.5 s to 60 s */
    const char *theme;  /* default "dark" */
    enum glyphs glyphs;
    bool read_only;
    bool mouse;          /* reserved: off */
    bool bell;           /* on a change of verdict for the worse; default on */
    bool title;          /* the terminal's title says "cluster: verdict"; default on */
    bool failover_opens; /* the failovers pane opens by itself when one begins; default on */
    int nkeys;
    const struct key_binding *keys;
    struct policy_rules policy;        /* of the user's file: what is left of what is allowed */
    struct policy_rules system_policy; /* of the system's, which the user's cannot take back */
    struct audit_config audit;         /* either file's */
};

/* Missing files are fine: defaults. */
enum status settings_load(struct settings *out, struct err *e);
void settings_release(struct settings *s);

/* Every key of the two file formats with type, default and a sentence: the source of pgdba.yml(5).
 * roff. */
void config_write_manual(FILE *out);

#endif
