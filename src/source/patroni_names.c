/*
 * patroni_names.c: addresses behind host names, for telling that two names are one address. Only
 * asked for when a Patroni before 3.2 answers that nothing else tells apart.
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 256 };
#define LOOKUP_US (2 * USEC_PER_SEC)
#define KEEP_US   (60 * USEC_PER_SEC)

struct name {
    struct source_patroni *p;
    char *host;
    struct net_lookup *lookup;
    int64_t asked_us; /* 0 never */
    int n;
    char **addresses;
};

static void clear(struct name *m)
{
    for (int i = 0; i < m->n; i++)
        free(m->addresses[i]);
    free(m->addresses);
    m->addresses = NULL;
    m->n = 0;
}

static void resolved(void *arg, int n, const char *const *addresses, const char *why)
{
    struct name *m = arg;

    (void)why;
    m->lookup = NULL;
    clear(m);
    if (n > 0)
        m->addresses = xcalloc((size_t)n, sizeof(*m->addresses));
    for (int i = 0; i < n; i++)
        m->addresses[m->n++] = xstrdup(addresses[i]);
    members_match(m->p);
    members_tell(m->p);
}

static struct name *find(struct source_patroni *p, const char *host)
{
    for (int i = 0; i < p->nnames; i++)
        if (strcmp(p->names[i]->host, host) == 0)
            return p->names[i];
    return NULL;
}

int names_get(struct source_patroni *p, const char *host, bool look_up,
              const char *const **addresses)
{
    struct name *m = find(p, host);
    int64_t now = patroni_now(p);

    *addresses = NULL;
    if (m == NULL && look_up && p->nnames < MAX_NAMES) {
        m = xcalloc(1, sizeof(*m));
        m->p = p;
        m->host = xstrdup(host);
        p->names = xrealloc(p->names, (size_t)(p->nnames + 1) * sizeof(*p->names));
        p->names[p->nnames++] = m;
    }
    if (m == NULL)
        return 0;
    if (look_up && m->lookup == NULL && (m->asked_us == 0 || now - m->asked_us > KEEP_US)) {
        m->asked_us = now;
        m->lookup = net_resolve(p->ctx.resolver, host, LOOKUP_US, resolved, m);
    }
    *addresses = (const char *const *)m->addresses;
    return m->n;
}

void names_free(struct source_patroni *p)
{
    for (int i = 0; i < p->nnames; i++) {
        net_lookup_cancel(p->names[i]->lookup);
        clear(p->names[i]);
        free(p->names[i]->host);
        free(p->names[i]);
    }
    free(p->names);
}
