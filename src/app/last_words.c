#include "last_words.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

/* A failure does not take the place of the last answer: that is shown on, with its age. */
enum which { ANSWER, FAILURE, WHICH_COUNT };

/* Two thousand members have a word each of /health and SQL. Leases have new names with every
 * restart of a Patroni: the oldest word goes. */
enum { MOST_OF_A_KIND = 2048, MOST_BYTES = 16 << 20, BIG = 1 << 20 };

struct word {
    struct observation o;
    struct buf text; /* the observation's strings, each with its NUL; the body last */
};

struct words {
    int n, room;
    struct word **v;
};

struct last_words {
    struct words kind[OBS_KIND_COUNT][WHICH_COUNT];
    size_t bytes;
};

struct last_words *last_words_new(void)
{
    return xcalloc(1, sizeof(struct last_words));
}

static void forget(struct last_words *w, struct words *k, int i)
{
    w->bytes -= k->v[i]->text.len;
    buf_release(&k->v[i]->text);
    free(k->v[i]);
    k->v[i] = k->v[--k->n];
}

static void forget_all(struct last_words *w, struct words *k)
{
    while (k->n)
        forget(w, k, 0);
    free(k->v);
}

void last_words_free(struct last_words *w)
{
    if (!w)
        return;
    for (int k = 0; k < OBS_KIND_COUNT; k++)
        for (int i = 0; i < WHICH_COUNT; i++)
            forget_all(w, &w->kind[k][i]);
    free(w);
}

static int find(const struct words *k, const char *target)
{
    for (int i = 0; i < k->n; i++)
        if (strcmp(k->v[i]->o.target, target) == 0)
            return i;
    return -1;
}

static int oldest(const struct words *k)
{
    int at = 0;
    for (int i = 1; i < k->n; i++)
        if (k->v[i]->o.mono_us < k->v[at]->o.mono_us)
            at = i;
    return at;
}

static struct word *add(struct last_words *w, struct words *k)
{
    if (k->n == MOST_OF_A_KIND)
        forget(w, k, oldest(k));
    if (k->n == k->room) {
        k->room = k->room ? 2 * k->room : 4;
        k->v = xrealloc(k->v, (size_t)k->room * sizeof(struct word *));
    }
    struct word *word = xcalloc(1, sizeof *word);
    buf_init(&word->text);
    return k->v[k->n++] = word;
}

static size_t put(struct buf *b, const char *s)
{
    size_t at = b->len;
    if (s)
        buf_puts(b, s);
    buf_putc(b, '\0');
    return at;
}

static void set(struct word *to, const struct observation *o)
{
    const char *body = o->kind == OBS_ETCD_RANGE ? NULL : o->body;
    struct buf *b = &to->text;
    buf_clear(b);
    size_t target = put(b, o->target), endpoint = put(b, o->endpoint), detail = put(b, o->detail),
           date = put(b, o->date), text = b->len;
    if (body)
        buf_add(b, body, o->body_len);
    to->o = *o;
    to->o.target = b->s + target;
    to->o.endpoint = b->s + endpoint;
    to->o.detail = b->s + detail;
    to->o.date = b->s + date;
    to->o.body = body ? b->s + text : NULL;
    to->o.body_len = body ? o->body_len : 0;
}

static void forget_failure(struct last_words *w, enum obs_kind kind, const char *target)
{
    struct words *k = &w->kind[kind][FAILURE];
    int at = find(k, target);
    if (at >= 0)
        forget(w, k, at);
}

void last_words_keep(struct last_words *w, const struct observation *o)
{
    bool answered = o->outcome == OBS_ANSWERED;
    struct words *k = &w->kind[o->kind][answered ? ANSWER : FAILURE];
    size_t body = o->kind == OBS_ETCD_RANGE ? 0 : o->body_len;
    int at = find(k, o->target);
    if (answered)
        forget_failure(w, o->kind, o->target);
    if (answered && o->kind == OBS_ETCD_RANGE) /* the watch has begun anew */
        forget_failure(w, OBS_ETCD_WATCH, o->target);
    if (answered && o->kind == OBS_ETCD_WATCH) /* what it changed is in the store */
        return;
    /* What is asked again soon may be missed for a moment; memory is not for it. */
    if (body > BIG || w->bytes + body > MOST_BYTES) {
        if (at >= 0)
            forget(w, k, at);
        return;
    }
    struct word *word = at >= 0 ? k->v[at] : add(w, k);
    w->bytes -= word->text.len;
    set(word, o);
    w->bytes += word->text.len;
}

static int by_time(const void *a, const void *b)
{
    const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
    return (x->o.mono_us > y->o.mono_us) - (x->o.mono_us < y->o.mono_us);
}

void last_words_each(const struct last_words *w, void (*fn)(void *arg, const struct observation *o),
                     void *arg)
{
    const struct words *words = &w->kind[0][0];
    size_t n = 0, count = (size_t)OBS_KIND_COUNT * WHICH_COUNT;
    for (size_t k = 0; k < count; k++)
        n += (size_t)words[k].n;
    struct word **all = xcalloc(n, sizeof(struct word *));
    n = 0;
    for (size_t k = 0; k < count; k++)
        for (int i = 0; i < words[k].n; i++)
            all[n++] = words[k].v[i];
    qsort(all, n, sizeof(struct word *), by_time);
    for (size_t i = 0; i < n; i++)
        fn(arg, &all[i]->o);
    free(all);
}
