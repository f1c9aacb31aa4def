/* General settings: the system's file, then the user's over it, key by key. */
#include "pgdba/config/settings.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/path.h"
#include "settings_schema.h"
#include "yaml_doc.h"

static enum status read_over(struct settings *s, const char *path, struct err *e)
{
    struct buf text;
    struct node *root = NULL;
    enum status st = config_read(path, &text, e);

    if (st == ST_NOT_FOUND) {
        if (e)
            err_release(e);
        st = ST_OK;
    } else if (!st) {
        st = doc_parse(&s->arena, text.s, text.len, path, DOC_OURS, &root, e);
    }
    if (!st && root)
        st = schema_read_document(&settings_schema, &s->arena, root, arena_strdup(&s->arena, path),
                                  s, NULL, e);
    buf_release(&text);
    return st;
}

enum status settings_load(struct settings *out, struct err *e)
{
    char *theirs = config_etc("pgdba.yml"), *ours = path_config("pgdba.yml");

    *out = (struct settings){.refresh_us = USEC_PER_SEC,
                             .theme = "dark",
                             .glyphs = GLYPHS_AUTO,
                             .bell = true,
                             .title = true,
                             .failover_opens = true};
    arena_init(&out->arena);
    enum status st = read_over(out, theirs, e);

    /* What narrows adds up, and what is to be copied to syslog is: neither gives way to the user.
     */
    bool syslog = out->audit.syslog;

    out->system_policy = out->policy;
    out->policy = (struct policy_rules){0};
    if (!st)
        st = read_over(out, ours, e);
    out->audit.syslog |= syslog;
    if (st)
        settings_release(out);
    free(theirs);
    free(ours);
    return st;
}

void settings_release(struct settings *s)
{
    arena_release(&s->arena);
    s->nkeys = 0;
    s->keys = NULL;
}
