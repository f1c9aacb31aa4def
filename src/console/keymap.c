/* keymap.c: the keys, in two tables. */
#include "pgdba/console/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"
#include "pgdba/command/command.h"

static const struct key_bind defaults[] = {
    {"1", "pane topology", "topology", NULL},
    {"2", "pane lag", "lag", NULL},
    {"3", "pane pools", "pools", NULL},
    {"4", "pane stats", "stats", NULL},
    {"5", "pane truth", "truth: what each system believes", NULL},
    {"6", "pane dcs", "etcd and its leases", NULL},
    {"7", "pane events", "events", NULL},
    {"8", "pane failovers", "failovers, and the one that goes on", NULL},
    {"9", "pane routes", "routes: where every way of writes ends", NULL},
    {"0", "pane haproxy", "HAProxy's servers", NULL},
    {"b", "pane bouncers", "PgBouncers", NULL},
    {"r", "refresh", "ask every source now", NULL},
    {"F5", "refresh", "", NULL},
    {"f", "freeze", "freeze the picture; again: let it go on", NULL},
    {"+", "interval +", "ask less often", NULL},
    {"-", "interval -", "ask more often", NULL},
    {"s", "switchover --candidate ", "begin a switchover", NULL},
    {"R", "restart ", "begin a restart", NULL},
    {"L", "pgb resume --left ", "take back what an earlier run left paused in PgBouncer", NULL},
    {"?", "help", "every key and every command", NULL},
    {"F1", "help", "", NULL},
    {"q", "quit", "leave", NULL},
    {"F10", "quit", "", NULL},
};

static const struct ui_key ui_keys[] = {
    {":", UI_COMMAND_BAR, "type a command"},
    {"/", UI_FILTER, "show only rows that contain a text"},
    {"Tab Right l", UI_NEXT_PANE, "next pane"},
    {"S-Tab Left h", UI_PREVIOUS_PANE, "previous pane"},
    {"Up k", UI_UP, "row up"},
    {"Down j", UI_DOWN, "row down"},
    {"PgUp C-b", UI_PAGE_UP, "page up"},
    {"PgDn C-f", UI_PAGE_DOWN, "page down"},
    {"Home g", UI_FIRST, "first row"},
    {"End G", UI_LAST, "last row"},
    {"Enter", UI_MENU,
     "what can be done to the member, the marked ones, HAProxy's server; else as d"},
    {"d", UI_DETAILS, "everything known about the row"},
    {"Space", UI_PASTE, "the row's name into the command bar, also behind a blank there"},
    {"m", UI_MARK, "mark the member; again: take its mark away"},
    {"M", UI_UNMARK_ALL, "take all marks away"},
    {"v", UI_VERDICTS, "every reason for the verdict"},
    {"o", UI_OPERATION, "the running operation, or the last"},
    {"z", UI_ZOOM, "one pane on the whole screen; again: back"},
    {"]", UI_NEXT_VIEW, "PgBouncer's next table: databases, clients, servers, config, ..."},
    {"[", UI_PREVIOUS_VIEW, "PgBouncer's table before"},
    {"X", UI_SHUT, "a failover does not open its pane by itself; again: it does"},
    {">", UI_SORT_NEXT, "sort by the next column"},
    {"<", UI_SORT_PREVIOUS, "sort by the column before"},
    {"i", UI_SORT_REVERSE, "largest first; again: smallest first"},
    {"Esc", UI_CANCEL, "close what is open; then drop the filter; then the marks"},
    {"C-l", UI_REDRAW, "draw the screen anew"},
    {"C-z", UI_SUSPEND, "suspend; fg in the shell comes back"},
    {"C-c", UI_INTERRUPT, "cancel what is being typed; twice: leave"},
};

const struct ui_key *keymap_ui_keys(int *n)
{
    *n = (int)(sizeof ui_keys / sizeof *ui_keys);
    return ui_keys;
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && memcmp(p, word, n) == 0)
            return true;
        p += n;
        p += strspn(p, " ");
    }
    return false;
}

static const struct ui_key *find_ui(const char *key)
{
    for (size_t i = 0; i < sizeof ui_keys / sizeof *ui_keys; i++)
        if (has_word(ui_keys[i].keys, key))
            return &ui_keys[i];
    return NULL;
}

enum ui_action keymap_ui(const char *key)
{
    const struct ui_key *k = find_ui(key);
    return k ? k->action : UI_NONE;
}

static const char *ui_note(const char *key)
{
    const struct ui_key *k = find_ui(key);
    return k ? k->note : "";
}

const struct key_bind *keymap_find(const struct keymap *m, const char *key)
{
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->v[i].key, key) == 0)
            return &m->v[i];
    return NULL;
}

/* ---- the settings' own ---------------------------------------------------------------------- */

bool keymap_key_valid(const char *s)
{
    static const char names[] = "Enter Esc Tab S-Tab Space Backspace Delete Insert Up Down Left "
                                "Right Home End PgUp PgDn F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12";
    if (strncmp(s, "M-", 2) == 0 && s[2])
        s += 2;
    if (!strchr(s, ' ') && has_word(names, s))
        return true;
    if (strncmp(s, "C-", 2) == 0)
        return s[2] >= 'a' && s[2] <= 'z' && !s[3];
    uint32_t cp;
    size_t n = strlen(s);
    return n > 0 && utf8_decode(s, n, &cp) == n && cp > 0x20 && cp != 0x7F;
}

static enum status check_command(const struct key_binding *b, struct err *e)
{
    struct arena a;
    struct invocation inv;
    struct parse_error pe = {0};
    size_t n = strlen(b->command);
    if (n > 0 && b->command[n - 1] == ' ')
        return ST_OK; /* to be finished by hand */
    arena_init(&a);
    enum status st = command_parse_line(b->command, &a, &inv, &pe);
    if (st != ST_OK)
        err_set(e, ST_INVALID, "%s: key %s: %s: in \"%s\"", b->where, b->key,
                pe.text ? pe.text : "not a command", b->command);
    parse_error_release(&pe);
    arena_release(&a);
    return st == ST_OK ? ST_OK : ST_INVALID;
}

/* What a terminal sends is the same for both: the one name by which it is known here. */
static const char *arrives_as(const char *key)
{
    return strcmp(key, "C-i") == 0   ? "Tab"
           : strcmp(key, "C-m") == 0 ? "Enter"
           : strcmp(key, "C-h") == 0 ? "Backspace"
                                     : key;
}

static enum status check_binding(const struct keymap *m, const struct key_binding *b, struct err *e)
{
    const char *key = arrives_as(b->key);
    const struct key_bind *old = keymap_find(m, key);
    if (!keymap_key_valid(b->key))
        return err_set(
            e, ST_INVALID,
            "%s: there is no key \"%s\"; keys are a, A, Space, Enter, Up, PgDn, F5, C-r, "
            "M-x",
            b->where, b->key);
    if (keymap_ui(key) != UI_NONE)
        return err_set(e, ST_INVALID, "%s: the console needs key %s itself%s%s", b->where, b->key,
                       *ui_note(key) ? ": " : "", ui_note(key));
    if (old && old->where)
        return err_set(e, ST_INVALID, "%s: key %s is bound twice: to \"%s\" here, to \"%s\" at %s",
                       b->where, b->key, b->command, old->command, old->where);
    return check_command(b, e);
}

static void bind_key(struct keymap *m, const struct key_binding *b)
{
    const char *key = arrives_as(b->key);
    struct key_bind own = {key, b->command, *b->note ? b->note : b->command, b->where};
    struct key_bind *slot = NULL;
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->v[i].key, key) == 0)
            slot = &m->v[i];
    *(slot ? slot : &m->v[m->n++]) = own;
}

enum status keymap_init(struct keymap *m, const struct settings *s, struct err *e)
{
    size_t n = sizeof defaults / sizeof *defaults;
    *m = (struct keymap){.n = (int)n};
    m->v = xcalloc(n + (s ? (size_t)s->nkeys : 0), sizeof *m->v);
    memcpy(m->v, defaults, sizeof defaults);
    for (int i = 0; s && i < s->nkeys; i++) {
        enum status st = check_binding(m, &s->keys[i], e);
        if (st != ST_OK) {
            keymap_release(m);
            return st;
        }
        bind_key(m, &s->keys[i]);
    }
    return ST_OK;
}

void keymap_release(struct keymap *m)
{
    free(m->v);
    *m = (struct keymap){0};
}
