/* The keys of a theme's file. The table of roles is also where theme_role_name() looks. */
#include "theme_schema.h"

#include <string.h>

#include "pgdba/base/fmt.h"

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

static enum status read_colour(struct reader *r, const struct node *v, int most, int *out)
{
    const char *expected = most > 15
                               ? "expected a colour: a name like \"bright-red\", \"default\", "
                                 "0 to 255, or \"#rrggbb\""
                               : "expected a colour: a name like \"bright-red\", \"default\", "
                                 "0 to 15, or \"#rrggbb\"";
    const char *text;
    enum status st = schema_text(r, v, expected, &text);

    if (st || colour_parse(text, most, out))
        return st;
    return schema_fail(r, v, "%s; got %s", expected, schema_quote(r, text));
}

static enum status read_256(struct reader *r, const struct node *v, void *at)
{
    return read_colour(r, v, 255, at);
}

static enum status read_16(struct reader *r, const struct node *v, void *at)
{
    return read_colour(r, v, 15, at);
}

static enum status add_attr(struct reader *r, const struct node *v, unsigned *attrs)
{
    static const char *const names[] = {"bold", "dim", "reverse", "underline", "italic"};
    static const unsigned bits[] = {ATTR_BOLD, ATTR_DIM, ATTR_REVERSE, ATTR_UNDERLINE, ATTR_ITALIC};
    static const char expected[] = "expected bold, dim, reverse, underline or italic";
    const char *text;
    enum status st = schema_text(r, v, expected, &text);

    _Static_assert(COUNT(names) == COUNT(bits), "an attribute without its bit");
    for (int i = 0; !st && i < COUNT(names); i++) {
        if (strcmp(text, names[i]))
            continue;
        *attrs |= bits[i];
        return ST_OK;
    }
    return st ? st : schema_fail(r, v, "%s; got %s", expected, schema_quote(r, text));
}

static enum status read_attrs(struct reader *r, const struct node *v, void *at)
{
    enum status st = ST_OK;

    if (v->kind != NODE_LIST)
        return add_attr(r, v, at);
    for (const struct node *i = v->first; i && !st; i = i->next)
        st = add_attr(r, i, at);
    return st;
}

static const struct schema_key style_keys[] = {
    {.name = "fg",
     .type = KT_OTHER,
     .kind = "colour",
     .read = read_256,
     .at = offsetof(struct theme_style, fg),
     .fallback = "default",
     .help = "Colour of the text."},
    {.name = "bg",
     .type = KT_OTHER,
     .kind = "colour",
     .read = read_256,
     .at = offsetof(struct theme_style, bg),
     .fallback = "default",
     .help = "Colour behind it."},
    {.name = "fg16",
     .type = KT_OTHER,
     .kind = "colour",
     .read = read_16,
     .at = offsetof(struct theme_style, fg16),
     .fallback = "the nearest to fg",
     .help = "Colour of the text where a terminal has 16 or 8 colours."},
    {.name = "bg16",
     .type = KT_OTHER,
     .kind = "colour",
     .read = read_16,
     .at = offsetof(struct theme_style, bg16),
     .fallback = "the nearest to bg",
     .help = "Colour behind it where a terminal has 16 or 8 colours."},
    {.name = "attrs",
     .type = KT_OTHER,
     .kind = "word or list of words",
     .read = read_attrs,
     .at = offsetof(struct theme_style, attrs),
     .fallback = "none",
     .help = "bold, dim, reverse, underline, italic."},
};

static void init_style(void *at)
{
    *(struct theme_style *)at = (struct theme_style){.fg = COLOUR_DEFAULT,
                                                     .bg = COLOUR_DEFAULT,
                                                     .fg16 = COLOUR_LEFT_OUT,
                                                     .bg16 = COLOUR_LEFT_OUT};
}

static enum status finish_style(struct reader *r, const struct node *v, void *at)
{
    struct theme_style *s = at;

    (void)r;
    (void)v;
    if (s->fg16 == COLOUR_LEFT_OUT)
        s->fg16 = colour_to_16(s->fg);
    if (s->bg16 == COLOUR_LEFT_OUT)
        s->bg16 = colour_to_16(s->bg);
    return ST_OK;
}

static const struct schema style_schema = {
    .title = "a role's style",
    .size = sizeof(struct theme_style),
    .keys = style_keys,
    .nkeys = COUNT(style_keys),
    .init = init_style,
    .finish = finish_style,
};

#define ROLE(R, NAME, HELP)                        \
    [R] = {.name = NAME,                           \
           .type = KT_SECTION,                     \
           .at = sizeof(struct theme_style) * (R), \
           .section = &style_schema,               \
           .help = HELP}

static const struct schema_key role_keys[] = {
    ROLE(TR_TEXT, "text", "Ordinary text."),
    ROLE(TR_DIM, "dim", "What is old or secondary."),
    ROLE(TR_HEADER, "header", "The top line."),
    ROLE(TR_TITLE, "title", "A pane's title."),
    ROLE(TR_TITLE_FOCUS, "title-focus", "The title of the pane that has the keyboard."),
    ROLE(TR_BORDER, "border", "Lines around panes."),
    ROLE(TR_COLUMN, "column", "Column headings."),
    ROLE(TR_SELECTED, "selected", "The row under the cursor."),
    ROLE(TR_OK, "ok", "Healthy."),
    ROLE(TR_WARN, "warn", "Degraded."),
    ROLE(TR_CRIT, "crit", "Critical."),
    ROLE(TR_UNKNOWN, "unknown", "What cannot be known."),
    ROLE(TR_STALE, "stale", "The last picture of a source that no longer answers."),
    ROLE(TR_LEADER, "leader", "The leader."),
    ROLE(TR_REPLICA, "replica", "A replica."),
    ROLE(TR_SYNC, "sync", "A synchronous or quorum standby."),
    ROLE(TR_SPARK, "spark", "Sparklines."),
    ROLE(TR_BADGE, "badge", "Badges in the header."),
    ROLE(TR_BADGE_PROD, "badge-prod", "The badge of a production cluster."),
    ROLE(TR_BADGE_RO, "badge-ro", "The badge of the read-only mode."),
    ROLE(TR_KEY, "key", "A key in help and hints."),
    ROLE(TR_PROMPT, "prompt", "The command bar."),
    ROLE(TR_HINT, "hint", "What the command bar expects next."),
    ROLE(TR_ERROR, "error", "A message that something failed."),
    ROLE(TR_DIALOG, "dialog", "A dialog's inside."),
    ROLE(TR_DIALOG_TITLE, "dialog-title", "A dialog's title."),
    ROLE(TR_INPUT, "input", "Where a dialog is typed into."),
};
_Static_assert(COUNT(role_keys) == TR_COUNT, "a role without its name");

const char *theme_role_name(enum theme_role r)
{
    return role_keys[r].name;
}

static const struct schema roles_schema = {
    .title = "roles",
    .help = "What a style is for. A role left out looks like text.",
    .size = sizeof(struct theme_style) * TR_COUNT,
    .keys = role_keys,
    .nkeys = COUNT(role_keys),
};

static const struct schema_key theme_keys[] = {
    {.name = "summary",
     .type = KT_TEXT,
     .at = offsetof(struct theme, summary),
     .help = "A line about it, shown where a theme is chosen."},
    {.name = "roles",
     .type = KT_SECTION,
     .at = offsetof(struct theme, styles),
     .section = &roles_schema,
     .required = true},
};

const struct schema theme_schema = {
    .title = "a theme",
    .size = sizeof(struct theme),
    .keys = theme_keys,
    .nkeys = COUNT(theme_keys),
};
