/* YAML text to nodes and back: the only file that includes libyaml. */
#include "yaml_doc.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "pgdba/base/utf8.h"

enum { THEIR_MAX_DEPTH = 64, THEIR_MAX_NODES = 100000, MAX_ANCHORS = 1000 };

struct anchor {
    const char *name;
    const struct node *node;
    struct anchor *next;
};

struct parse {
    yaml_parser_t yp;
    struct arena *arena;
    const char *file, *text;
    size_t n;
    enum doc_mode mode;
    int depth, nodes, nanchors;
    struct anchor *anchors;
    struct err *err;
};

static enum status fail(struct parse *p, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum status fail(struct parse *p, size_t line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *what = arena_vprintf(p->arena, fmt, ap);
    va_end(ap);
    if (!p->file)
        return err_set(p->err, ST_INVALID, "%s", what);
    if (!line)
        return err_set(p->err, ST_INVALID, "%s: %s", p->file, what);
    return err_set(p->err, ST_INVALID, "%s:%zu: %s", p->file, line, what);
}

static size_t line_at(const struct parse *p, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset && i < p->n; i++)
        line += p->text[i] == '\n';
    return line;
}

static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f);
}

/* libyaml reports bad bytes by offset only; people need the line. */
static enum status check_bytes(struct parse *p)
{
    for (size_t i = 0; i < p->n;) {
        uint32_t cp;
        size_t k = utf8_decode(p->text + i, p->n - i, &cp);

        if (cp == 0xfffd && k == 1)
            return fail(p, line_at(p, i), "not UTF-8: byte 0x%02x; save the file as UTF-8",
                        (unsigned char)p->text[i]);
        if (is_control(cp) && cp != '\n' && cp != '\r' && cp != '\t' && cp != 0x85)
            return fail(p, line_at(p, i), "control character U+%04X; take it out", (unsigned)cp);
        i += k;
    }
    return ST_OK;
}

/* Whether the line is indented with a tab, which YAML does not allow and editors do not show. */
static bool tab_indented(const struct parse *p, size_t line)
{
    const char *s = p->text, *end = p->text + p->n;

    for (size_t at = 1; at < line && s < end; s++)
        at += *s == '\n';
    while (s < end && *s == ' ')
        s++;
    return s < end && *s == '\t';
}

static enum status syntax_error(struct parse *p)
{
    const yaml_parser_t *y = &p->yp;
    const char *problem = y->problem ? y->problem : "it cannot be read";

    if (y->error == YAML_READER_ERROR)
        return fail(p, line_at(p, y->problem_offset), "not valid YAML: %s", problem);
    size_t line = y->problem_mark.line + 1;

    if (tab_indented(p, line))
        return fail(p, line, "not valid YAML: indented with a tab; use blanks");
    if (y->context && y->context_mark.line != y->problem_mark.line)
        return fail(p, line, "not valid YAML: %s (%s that starts on line %zu)", problem, y->context,
                    y->context_mark.line + 1);
    return fail(p, line, "not valid YAML: %s", problem);
}

static enum status next_event(struct parse *p, yaml_event_t *ev)
{
    return yaml_parser_parse(&p->yp, ev) ? ST_OK : syntax_error(p);
}

static void remember_anchor(struct parse *p, const yaml_char_t *name, const struct node *n)
{
    if (!name || p->nanchors >= MAX_ANCHORS)
        return;
    struct anchor *a = arena_new(p->arena, struct anchor);

    *a = (struct anchor){arena_strdup(p->arena, (const char *)name), n, p->anchors};
    p->anchors = a;
    p->nanchors++;
}

/* A shallow copy: the entry has its own key and place. Anchors are known only after their node has
 * ended, so that no cycle can come about. */
static enum status follow_alias(struct parse *p, const char *name, size_t line, struct node **out)
{
    for (const struct anchor *a = p->anchors; a; a = a->next) {
        if (strcmp(a->name, name))
            continue;
        struct node *n = arena_memdup(p->arena, a->node, sizeof *n);

        n->key = NULL;
        n->next = NULL;
        *out = n;
        return ST_OK;
    }
    return fail(p, line, "the alias *%s has no anchor", name);
}

static enum status take_scalar(struct parse *p, const yaml_event_t *ev, struct node *n)
{
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;

    for (size_t i = 0; i < len;) {
        uint32_t cp;

        i += utf8_decode(text + i, len - i, &cp);
        if (cp && (p->mode == DOC_THEIRS || !is_control(cp)))
            continue;
        if (cp == '\n')
            return fail(p, (size_t)n->line, "expected one line of text; got several");
        return fail(p, (size_t)n->line, "control character U+%04X in a text; take it out",
                    (unsigned)cp);
    }
    n->kind = NODE_SCALAR;
    n->text = arena_strndup(p->arena, text, len);
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return ST_OK;
}

static enum status refuse_extras(struct parse *p, size_t line, const yaml_char_t *anchor,
                                 const yaml_char_t *tag)
{
    if (p->mode == DOC_THEIRS)
        return ST_OK;
    if (anchor)
        return fail(p, line,
                    "anchors (&%s) are not supported; write the value out where it is used",
                    (const char *)anchor);
    if (tag)
        return fail(p, line, "tags (!...) are not supported; write only the value");
    return ST_OK;
}

static enum status parse_node(struct parse *p, const yaml_event_t *ev, struct node **out);

/* Items until the closing event; in a map every second one is the value of the one before. */
static enum status parse_items(struct parse *p, struct node *n, yaml_event_type_t end)
{
    struct node *key = NULL;

    for (;;) {
        yaml_event_t ev;
        struct node *item = NULL;
        enum status st = next_event(p, &ev);

        if (st)
            return st;
        if (ev.type == end) {
            yaml_event_delete(&ev);
            return ST_OK;
        }
        st = parse_node(p, &ev, &item);
        yaml_event_delete(&ev);
        if (st)
            return st;
        if (n->kind == NODE_MAP && !key) {
            key = item;
            continue;
        }
        item->key = key;
        key = NULL;
        node_append(n, item);
    }
}

static enum status parse_collection(struct parse *p, struct node *n, enum node_kind kind,
                                    yaml_event_type_t end)
{
    int most = p->mode == DOC_OURS ? DOC_MAX_DEPTH : THEIR_MAX_DEPTH;

    if (p->depth >= most)
        return fail(p, (size_t)n->line, "nested more than %d deep", most);
    n->kind = kind;
    p->depth++;
    enum status st = parse_items(p, n, end);
    p->depth--;
    return st;
}

static enum status parse_node(struct parse *p, const yaml_event_t *ev, struct node **out)
{
    size_t line = ev->start_mark.line + 1;
    int most = p->mode == DOC_OURS ? DOC_MAX_NODES : THEIR_MAX_NODES;
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (++p->nodes > most)
        return fail(p, line, "more than %d values", most);
    if (ev->type == YAML_ALIAS_EVENT) {
        const char *name = (const char *)ev->data.alias.anchor;

        if (p->mode == DOC_OURS)
            return fail(p, line, "aliases (*%s) are not supported; write the value out", name);
        return follow_alias(p, name, line, out);
    }
    if (ev->type == YAML_SCALAR_EVENT) {
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
    } else if (ev->type == YAML_SEQUENCE_START_EVENT) {
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
    } else if (ev->type == YAML_MAPPING_START_EVENT) {
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
    }
    enum status st = refuse_extras(p, line, anchor, tag);

    if (st)
        return st;
    struct node *n = arena_new(p->arena, struct node);

    n->line = (int)line;
    *out = n;
    if (ev->type == YAML_SCALAR_EVENT)
        st = take_scalar(p, ev, n);
    else if (ev->type == YAML_SEQUENCE_START_EVENT)
        st = parse_collection(p, n, NODE_LIST, YAML_SEQUENCE_END_EVENT);
    else if (ev->type == YAML_MAPPING_START_EVENT)
        st = parse_collection(p, n, NODE_MAP, YAML_MAPPING_END_EVENT);
    else
        st = fail(p, line, "not valid YAML: nothing is expected here");
    if (!st)
        remember_anchor(p, anchor, n);
    return st;
}

/* STREAM-START, then at most one document, then STREAM-END. */
static enum status parse_stream(struct parse *p, struct node **root)
{
    bool done = false, in_document = false;

    while (!done) {
        yaml_event_t ev;
        enum status st = next_event(p, &ev);

        if (st)
            return st;
        if (ev.type == YAML_STREAM_END_EVENT)
            done = true;
        else if (ev.type == YAML_DOCUMENT_START_EVENT && in_document)
            st = fail(p, ev.start_mark.line + 1,
                      "a second document starts here; only one document a file is read");
        else if (ev.type == YAML_DOCUMENT_START_EVENT)
            in_document = true;
        else if (ev.type != YAML_STREAM_START_EVENT && ev.type != YAML_DOCUMENT_END_EVENT)
            st = parse_node(p, &ev, root);
        yaml_event_delete(&ev);
        if (st)
            return st;
    }
    if (*root && node_is_null(*root))
        *root = NULL;
    return ST_OK;
}

enum status doc_parse(struct arena *a, const char *text, size_t n, const char *file,
                      enum doc_mode mode, struct node **root, struct err *e)
{
    struct parse p = {.arena = a, .file = file, .text = text, .n = n, .mode = mode, .err = e};

    *root = NULL;
    if (n > DOC_MAX_BYTES)
        return fail(&p, 0, "larger than %d KB: this is no configuration", DOC_MAX_BYTES / 1024);
    enum status st = check_bytes(&p);

    if (st)
        return st;
    if (!yaml_parser_initialize(&p.yp))
        return fail(&p, 0, "out of memory in the YAML reader");
    yaml_parser_set_encoding(&p.yp, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yp, (const unsigned char *)text, n);
    st = parse_stream(&p, root);
    yaml_parser_delete(&p.yp);
    if (st)
        *root = NULL;
    return st;
}

/* ---- emitting ---- */

struct emit {
    yaml_emitter_t ye;
    struct err *err;
};

static int emit_to_buf(void *arg, unsigned char *data, size_t n)
{
    buf_add(arg, data, n);
    return 1;
}

static enum status send(struct emit *m, yaml_event_t *ev, int made)
{
    if (!made)
        return err_set(m->err, ST_INVALID, "a text is not UTF-8");
    if (!yaml_emitter_emit(&m->ye, ev))
        return err_set(m->err, ST_INVALID, "cannot write YAML: %s",
                       m->ye.problem ? m->ye.problem : "no reason given");
    return ST_OK;
}

/* What a YAML reader would not take for text is quoted, although ours would. */
static bool reads_as_other(const char *s)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcasecmp(s, words[i]))
            return true;
    return node_null_word(s) || !strcmp(s, "<<") || !strcmp(s, "=");
}

static enum status emit_scalar(struct emit *m, const struct node *n)
{
    yaml_event_t ev;
    yaml_scalar_style_t style = !n->plain && reads_as_other(n->text)
                                    ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                    : YAML_PLAIN_SCALAR_STYLE;
    int made = yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)n->text,
                                            (int)strlen(n->text), 1, 1, style);

    return send(m, &ev, made);
}

static enum status emit_node(struct emit *m, const struct node *n)
{
    yaml_event_t ev;
    int made;

    if (n->kind == NODE_SCALAR)
        return emit_scalar(m, n);
    made = n->kind == NODE_LIST
               ? yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE)
               : yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
    enum status st = send(m, &ev, made);

    for (const struct node *v = n->first; !st && v; v = v->next) {
        if (n->kind == NODE_MAP)
            st = emit_scalar(m, v->key);
        if (!st)
            st = emit_node(m, v);
    }
    if (st)
        return st;
    made = n->kind == NODE_LIST ? yaml_sequence_end_event_initialize(&ev)
                                : yaml_mapping_end_event_initialize(&ev);
    return send(m, &ev, made);
}

static enum status emit_document(struct emit *m, const struct node *root)
{
    yaml_event_t ev;
    enum status st = send(m, &ev, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING));

    if (!st)
        st = send(m, &ev, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1));
    if (!st)
        st = emit_node(m, root);
    if (!st)
        st = send(m, &ev, yaml_document_end_event_initialize(&ev, 1));
    if (!st)
        st = send(m, &ev, yaml_stream_end_event_initialize(&ev));
    return st;
}

enum status doc_emit(const struct node *root, struct buf *out, struct err *e)
{
    struct emit m = {.err = e};

    if (!yaml_emitter_initialize(&m.ye))
        return err_set(e, ST_FAILED, "out of memory in the YAML writer");
    yaml_emitter_set_output(&m.ye, emit_to_buf, out);
    yaml_emitter_set_unicode(&m.ye, 1);
    yaml_emitter_set_width(&m.ye, -1);
    enum status st = emit_document(&m, root);

    yaml_emitter_delete(&m.ye);
    return st;
}
