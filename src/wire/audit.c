#include "pgdba/wire/audit.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/patroni.h"

enum { MOST_LINES = 100000, MOST_VALUES = 4000 };

static const char *text(struct arena *a, const json_t *o, const char *key)
{
    const char *s = wire_get_text(a, o, key);
    return s ? s : "";
}

static bool what_of(const char *name, enum audit_what *out)
{
    for (int i = 0; i < AUDIT_WHAT_COUNT; i++)
        if (strcmp(name, audit_what_name((enum audit_what)i)) == 0) {
            *out = (enum audit_what)i;
            return true;
        }
    return false;
}

static bool read_line(struct arena *a, const char *s, size_t n, struct audit_line *out)
{
    json_t *o = wire_json_load(s, n, MOST_VALUES, NULL);
    bool ok = json_is_object(o) && what_of(text(a, o, "what"), &out->what) &&
              wire_patroni_time(text(a, o, "time"), &out->wall_us);
    if (ok) {
        out->id = text(a, o, "id");
        out->user = text(a, o, "user");
        out->host = text(a, o, "host");
        out->pid = wire_get_int(o, "pid", 1, 0);
        out->cluster = text(a, o, "cluster");
        out->action = text(a, o, "action");
        out->command = text(a, o, "command");
        out->leader = text(a, o, "leader");
        out->timeline = wire_get_int(o, "timeline", 1, 0);
        out->accepted = text(a, o, "accepted");
        out->outcome = text(a, o, out->what == AUDIT_REFUSAL ? "why" : "outcome");
        out->observed = text(a, o, "observed");
    }
    json_decref(o);
    return ok;
}

struct facts *wire_audit_read(const char *s, size_t n)
{
    struct facts *f = facts_new();
    struct audit_lines *l = arena_new(&f->arena, struct audit_lines);
    struct audit_line *v = NULL;
    int count = 0, cap = 0;
    for (size_t at = 0; at < n && count + l->broken < MOST_LINES;) {
        const char *end = memchr(s + at, '\n', n - at);
        size_t len = end ? (size_t)(end - s) - at : n - at;
        if (count == cap) {
            cap = cap ? 2 * cap : 64;
            v = xrealloc(v, (size_t)cap * sizeof *v);
        }
        v[count] = (struct audit_line){0};
        if (len && read_line(&f->arena, s + at, len, &v[count]))
            count++;
        else
            l->broken += len > 0;
        at += len + 1;
    }
    l->v = arena_memdup(&f->arena, v, (size_t)count * sizeof *v);
    l->n = count;
    free(v);
    f->root = l;
    return f;
}
