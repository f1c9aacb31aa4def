/*
 * console/view.h: the state of the screen, and the drawing of a whole frame from it. Drawing is
 * pure: everything it may look at is in struct frame.
 */
#ifndef PGDBA_CONSOLE_VIEW_H
#define PGDBA_CONSOLE_VIEW_H

#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"
#include "pgdba/console/audit_view.h"
#include "pgdba/console/keymap.h"
#include "pgdba/console/pane.h"
#include "pgdba/model/plan.h"

enum { SCREEN_MIN_ROWS = 10, SCREEN_MIN_COLS = 40 };

/* The command bar as the line editor has it. Strings are the editor's. */
struct bar_view {
    bool open;
    bool filter; /* it takes a filter, not a command */
    const char *prompt, *text;
    int cursor;                 /* byte of text */
    const char *hint;           /* what is expected here; "" */
    const char *error;          /* why the line was refused; "" */
    int error_start, error_len; /* the word that is wrong; -1: none */
    int nmatches;
    const char *const *matches;
};

enum overlay {
    OVERLAY_NONE,
    OVERLAY_CARD,     /* the selected row */
    OVERLAY_VERDICTS, /* every reason */
    OVERLAY_MENU,     /* what can be done to members, or to a server */
    OVERLAY_HELP,
    OVERLAY_PLAN,     /* a change to be confirmed */
    OVERLAY_PROGRESS, /* the running or last operation */
    OVERLAY_TEXT,     /* something to read: why a change was refused */
    OVERLAY_RESULT,   /* what was asked for: rows, or lines that are not to be wrapped */
    OVERLAY_AUDIT,    /* who did what */
    OVERLAY_QUIT      /* leave although an operation runs? */
};

struct view_state {
    int64_t now_us, now_wall_us;   /* of the picture: stands still while frozen */
    int64_t live_us, live_wall_us; /* of the newest picture: in a replay the recording's */
    int64_t tick_us;               /* the real clock: for messages and countdowns only */
    int64_t refresh_us, next_us;   /* interval; when the next round begins, 0 unknown */
    bool frozen;
    enum health live_health; /* of the newest snapshot, to be said while frozen */
    bool complete;           /* every source has been asked once */
    bool read_only, ascii;

    enum pane_id focus;
    bool zoomed;
    enum pgb_view bouncers_view; /* of PANE_BOUNCERS */
    bool failover_shut;          /* a failover does not open its pane by itself */
    bool failover_waits; /* one began while something else was being done: said at the bottom */
    struct table_state tables[PANE_COUNT];
    struct marks marks; /* members that actions take as a set */

    enum overlay overlay;
    int scroll;        /* of the overlay */
    char *card_key;    /* OVERLAY_CARD: row; its pane is focus */
    struct marks menu; /* OVERLAY_MENU: whom its items are about; stays while it is open */
    bool menu_servers; /* they are HAProxy's servers, and not members */
    int menu_at;       /* the item under the cursor */
    char *menu_denied[ACT_COUNT]; /* what the policy said when it opened; NULL: nothing */
    char *help_topic;             /* OVERLAY_HELP: a command, NULL all */
    char *title, *text;           /* OVERLAY_TEXT */
    struct result *result;        /* OVERLAY_RESULT, NULL none */
    bool result_waits;            /* for another overlay to be closed */
    struct audit_view *audit;     /* OVERLAY_AUDIT */
    struct plan *plan;            /* OVERLAY_PLAN */
    struct buf typed;             /* what was typed into a dialog */
    int words;                    /* of the plan's that were typed well */
    bool confirmed;  /* the plan's question is answered: its warnings are asked about */
    bool looking;    /* all is confirmed: the cluster is looked at once more before it goes out */
    char *complaint; /* why that was not it */

    char *message; /* one line at the bottom, NULL none */
    enum theme_role message_role;
    int64_t message_until_us; /* tick_us */
};

void view_init(struct view_state *v);
void view_release(struct view_state *v); /* not the plan */
void view_say(struct view_state *v, enum theme_role role, const char *text);
/* Opens an overlay at its top; what was typed into the last one is gone. */
void view_open(struct view_state *v, enum overlay o);

/* Another view of the bouncers: its table begins anew. */
void view_bouncers(struct view_state *v, enum pgb_view which);

/* What was asked for. Copied; freed with view_result(v, NULL). */
struct result {
    const char *title, *note; /* note: below it, "" none */
    const struct table *table;
    const char *lines; /* instead of a table */
};
void view_result(struct view_state *v, const struct result *r);

struct frame {
    const struct snapshot *s;
    const struct verdicts *verdicts;
    const struct operation *op; /* running or last, NULL */
    const struct view_state *v;
    const struct bar_view *bar;
    const struct keymap *keys;
    const struct event_log *events;          /* NULL: none */
    const struct failover_list *failovers;   /* of the picture; NULL: none */
    int newer_failovers;                     /* that began after the picture was frozen */
    const struct replay_state *replay;       /* NULL, or off: live */
    const struct recording_state *recording; /* NULL, or off: none */
    const char *left; /* what is to be taken back on PgBouncers; NULL: nothing */
};

bool frame_replays(const struct frame *f);

void frame_picture(const struct frame *f, struct picture *p);
/* Where everything is. rows == 0: not shown. */
struct layout {
    bool too_small, tabbed;
    struct rect header, left, tabs, note, operation, replay, footer;
    struct rect panes[PANE_COUNT];
};
void layout_compute(const struct frame *f, int rows, int cols, struct layout *l);
/* The whole screen. surface has its size already. Where everything went is in *l. */
void frame_draw(const struct frame *f, struct surface *s, struct layout *l);
/* Rows of a pane that hold table rows (for paging). */
int layout_table_rows(const struct frame *f, const struct layout *l, enum pane_id id);
/* Lines that an overlay shows at once, and how far it can scroll, on that surface. */
int overlay_scroll_most(const struct frame *f, const struct surface *s);
int overlay_page(const struct frame *f, const struct surface *s);

/* Parts. */
void header_draw(const struct frame *f, struct surface *s, struct rect r);
/* What is left paused, while there is something. */
void banner_draw(const struct frame *f, struct surface *s, struct rect r);
void tabs_draw(const struct frame *f, struct surface *s, const struct layout *l);
/* The bar of a replay: that it is a recording, where it is, how it goes on. */
void replay_draw(const struct frame *f, struct surface *s, struct rect r);
void operation_line_draw(const struct frame *f, struct surface *s, struct rect r);
void footer_draw(const struct frame *f, struct surface *s, const struct layout *l);
void bar_draw(const struct bar_view *b, struct surface *s, struct rect footer);
void overlay_draw(const struct frame *f, struct surface *s);

/* What overlays say. */
void help_write(const struct keymap *keys, const char *topic, struct doc *d);
void plan_write(const struct plan *p, struct doc *d);
void result_write(const struct result *r, struct doc *d);
void progress_write(const struct operation *op, int64_t now_us, struct doc *d);
void verdicts_write(const struct verdicts *v, struct doc *d);

#endif
