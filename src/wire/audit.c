#include "pgdba/wire/audit.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/patroni.h"

enum { MOST_LINES = 100000, MOST_VALUES = 4000 };

static bool what_of(const char *name, enum audit_what *out)
{
    for (int i = 0; i < AUDIT_WHAT_COUNT; i++)
        if (strcmp(name, audit_what_name((enum audit_what)i)) == 0) {
            *out = (enum audit_what)i;
            return true;
        }
    return false;
}

/* The array under key as *n structs of size bytes; read fills one of an object. */
static void *read_list(struct arena *a, const json_t *o, const char *key, size_t size, int *n,
                       void (*read)(struct arena *a, const json_t *item, void *at))
{
    const json_t *list = json_object_get(o, key);
    size_t count = json_array_size(list);
    char *v = arena_calloc(a, count, size);
    for (size_t i = 0; i < count; i++)
        read(a, json_array_get(list, i), v + i * size);
    *n = (int)count;
    return v;
}

static void read_request(struct arena *a, const json_t *item, void *at)
{
    struct audit_request *r = at;
    r->member = wire_get_words(a, item, "member");
    r->method = wire_get_words(a, item, "method");
    r->url = wire_get_words(a, item, "url");
    r->body = wire_get_words(a, item, "body");
}

static void read_check(struct arena *a, const json_t *item, void *at)
{
    struct audit_check *c = at;
    c->check = wire_get_words(a, item, "check");
    c->verdict = wire_get_words(a, item, "verdict");
    c->reason = wire_get_words(a, item, "reason");
}

static int64_t micros(const json_t *o, const char *key)
{
    int64_t ms = wire_get_int(o, key, 0, -1);
    return ms < 0 || ms > INT64_MAX / 1000 ? -1 : ms * 1000;
}

static void read_phase(struct arena *a, const json_t *item, void *at)
{
    struct audit_phase *p = at;
    p->phase = wire_get_words(a, item, "phase");
    p->state = wire_get_words(a, item, "state");
    p->note = wire_get_words(a, item, "note");
    p->after_us = micros(item, "after_ms");
}

/* Of a switchover or a failover, by its own request. */
static void read_candidate(struct arena *a, const char *body, struct audit_line *out)
{
    json_t *o = *body ? wire_json_load(body, strlen(body), MOST_VALUES, NULL) : NULL;
    out->candidate = wire_get_words(a, o, "candidate");
    json_decref(o);
}

static void read_details(struct arena *a, const json_t *o, struct audit_line *out)
{
    out->ssh_client = wire_get_words(a, o, "ssh_client");
    out->sudo_user = wire_get_words(a, o, "sudo_user");
    out->environment = wire_get_words(a, o, "environment");
    out->answer = wire_get_words(a, o, "answer");
    out->duration_us = micros(o, "duration_ms");
    out->requests =
        read_list(a, o, "requests", sizeof *out->requests, &out->nrequests, read_request);
    out->checks = read_list(a, o, "checks", sizeof *out->checks, &out->nchecks, read_check);
    out->phases = read_list(a, o, "phases", sizeof *out->phases, &out->nphases, read_phase);
    if (out->nrequests)
        read_candidate(a, out->requests[0].body, out);
}

static bool read_line(struct arena *a, const char *s, size_t n, struct audit_line *out)
{
    json_t *o = wire_json_load(s, n, MOST_VALUES, NULL);
    bool ok = json_is_object(o) && what_of(wire_get_words(a, o, "what"), &out->what) &&
              wire_patroni_time(wire_get_words(a, o, "time"), &out->wall_us);
    if (ok) {
        out->id = wire_get_words(a, o, "id");
        out->user = wire_get_words(a, o, "user");
        out->host = wire_get_words(a, o, "host");
        out->pid = wire_get_int(o, "pid", 1, 0);
        out->cluster = wire_get_words(a, o, "cluster");
        out->action = wire_get_words(a, o, "action");
        out->command = wire_get_words(a, o, "command");
        out->leader = wire_get_words(a, o, "leader");
        out->candidate = "";
        out->timeline = wire_get_int(o, "timeline", 1, 0);
        out->accepted = wire_get_words(a, o, "accepted");
        out->outcome = wire_get_words(a, o, out->what == AUDIT_REFUSAL ? "why" : "outcome");
        out->observed = wire_get_words(a, o, "observed");
        read_details(a, o, out);
    }
    json_decref(o);
    return ok;
}

static size_t past_first_newline(const char *s, size_t n)
{
    const char *end = n ? memchr(s, '\n', n) : NULL;
    return end ? (size_t)(end - s) + 1 : n;
}

struct facts *wire_audit_read(const char *s, size_t n, bool cut)
{
    struct facts *f = facts_new();
    struct audit_lines *l = arena_new(&f->arena, struct audit_lines);
    struct audit_line *v = NULL;
    int count = 0, cap = 0;
    l->cut = cut;
    for (size_t at = cut ? past_first_newline(s, n) : 0;
         at < n && count + l->broken < MOST_LINES;) {
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
