#include "pgdba/wire/acting.h"

#include <string.h>

#include "json.h"
#include "pgdba/wire/etcd.h"
#include "pgdba/wire/json_out.h"

enum { MOST = 100, MOST_VALUES = 100 };

void wire_acting_write(const struct acting *w, struct buf *out)
{
    struct wire_json *j = wire_json_object();
    wire_json_str(j, "user", w->user);
    wire_json_str(j, "host", w->host);
    wire_json_int(j, "pid", w->pid);
    wire_json_str(j, "action", w->action);
    wire_json_str(j, "command", w->command);
    wire_json_int(j, "since_us", w->since_wall_us);
    wire_json_dump(j, false, out);
    wire_json_free(j);
}

static bool read_one(struct arena *a, const struct etcd_kv *kv, struct acting *out)
{
    json_t *j = wire_json_load(kv->value, kv->value_len, MOST_VALUES, NULL);
    bool ok = json_is_object(j);
    if (ok)
        *out = (struct acting){.user = wire_get_words(a, j, "user"),
                               .host = wire_get_words(a, j, "host"),
                               .action = wire_get_words(a, j, "action"),
                               .command = wire_get_words(a, j, "command"),
                               .pid = wire_get_int(j, "pid", 1, 0),
                               .since_wall_us = wire_get_int(j, "since_us", 1, 0)};
    json_decref(j);
    return ok;
}

enum status wire_acting_read(const char *body, size_t n,
                             bool (*skip)(void *arg, const struct acting *w), void *arg,
                             struct facts **out, struct err *e)
{
    struct facts *got = NULL;
    enum status st = wire_etcd_range(body, n, &got, e);
    if (st != ST_OK)
        return st;
    const struct etcd_range *range = got->root;
    struct facts *f = facts_new();
    struct acting_list *l = arena_new(&f->arena, struct acting_list);
    struct acting *v = arena_array(&f->arena, MOST, struct acting);
    for (int i = 0; i < range->n && l->n < MOST; i++)
        if (read_one(&f->arena, &range->kv[i], &v[l->n]) && !skip(arg, &v[l->n]))
            l->n++;
    l->v = v;
    f->root = l;
    facts_unref(got);
    *out = f;
    return ST_OK;
}
