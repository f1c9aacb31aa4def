#include "haproxy_states.h"

#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

static const char head[] = "1\n# ";

bool haproxy_states_begin(const char *s, const char *end)
{
    return (size_t)(end - s) >= sizeof head - 1 && memcmp(s, head, sizeof head - 1) == 0;
}

/* The columns that are ours, by name. */
enum { STATE_BACKEND, STATE_SERVER, STATE_ADMIN, STATE_COUNT };

struct line {
    const char *s, *end;
};

/* The next word of a line; false: there is none. */
static bool take_word(struct line *l, const char **word, size_t *n)
{
    while (l->s < l->end && *l->s == ' ')
        l->s++;
    *word = l->s;
    while (l->s < l->end && *l->s != ' ')
        l->s++;
    *n = (size_t)(l->s - *word);
    return *n > 0;
}

static bool read_names(struct line l, int at[STATE_COUNT])
{
    static const char *const names[] = {"be_name", "srv_name", "srv_admin_state"};
    const char *word;
    size_t n;
    for (int k = 0; k < STATE_COUNT; k++)
        at[k] = -1;
    for (int i = 0; take_word(&l, &word, &n); i++)
        for (int k = 0; k < STATE_COUNT; k++)
            if (strlen(names[k]) == n && memcmp(word, names[k], n) == 0)
                at[k] = i;
    return at[STATE_BACKEND] >= 0 && at[STATE_SERVER] >= 0 && at[STATE_ADMIN] >= 0;
}

/* Where the lines go. Both are written in the same order: the search goes on behind the last one
 * found. Whoever writes otherwise is followed only so far: his lines may be hundreds of thousands.
 */
struct rows {
    struct ha_row *v;
    int n, from, steps_left;
};

enum { STEPS = 1000000 };

static struct ha_row *find(struct rows *rows, const char *proxy, const char *name)
{
    for (int i = 0; i < rows->n && rows->steps_left-- > 0; i++) {
        struct ha_row *r = &rows->v[(rows->from + i) % rows->n];
        if (r->type == HA_SERVER && strcmp(r->name, name) == 0 && strcmp(r->proxy, proxy) == 0) {
            rows->from = (int)(r - rows->v);
            return r;
        }
    }
    return NULL;
}

static void read_line(struct arena *a, struct line l, const int at[STATE_COUNT], struct rows *rows)
{
    const char *cells[STATE_COUNT] = {NULL}, *word;
    size_t len;
    int64_t admin;
    for (int i = 0; take_word(&l, &word, &len); i++)
        for (int k = 0; k < STATE_COUNT; k++)
            if (at[k] == i)
                cells[k] = utf8_clean(a, word, len);
    if (!cells[STATE_BACKEND] || !cells[STATE_SERVER] || !cells[STATE_ADMIN] ||
        !fmt_parse_int(cells[STATE_ADMIN], &admin) || admin < 0 || admin > 0xff)
        return;
    struct ha_row *r = find(rows, cells[STATE_BACKEND], cells[STATE_SERVER]);
    if (r)
        r->admin = (int)admin;
}

void haproxy_states_read(const char *s, const char *end, struct ha_row *v, int n)
{
    struct arena a;
    int at[STATE_COUNT];
    bool named = false;
    struct rows rows = {v, n, 0, STEPS};
    if (!haproxy_states_begin(s, end))
        return;
    arena_init(&a);
    for (s += 2; s < end && rows.steps_left > 0;) {
        const char *nl = memchr(s, '\n', (size_t)(end - s));
        struct line l = {s, nl ? nl : end};
        s = nl ? nl + 1 : end;
        if (l.s < l.end && *l.s == '#') {
            l.s++;
            named = read_names(l, at);
        } else if (named && n > 0) {
            read_line(&a, l, at, &rows);
        }
    }
    arena_release(&a);
}
