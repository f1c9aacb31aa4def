/* The dynamic configuration: two documents, divided by a NUL, and what one makes of the other. */
#include "fuzz.h"

#include "pgdba/wire/audit.h"
#include "pgdba/wire/dynamic.h"

static void check_settings(const struct dyn_settings *s)
{
    for (int i = 0; i < s->n; i++) {
        fuzz_shown(s->v[i].path);
        fuzz_shown(s->v[i].value);
        fuzz_shown(s->v[i].text);
        FUZZ_CHECK(i == 0 || strcmp(s->v[i - 1].path, s->v[i].path) <= 0);
        FUZZ_CHECK(dyn_find(s, s->v[i].path) != NULL);
    }
}

static void check_document(const char *text)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct buf out;

    buf_init(&out);
    if (fuzz_ended(wire_dynamic_flatten(text, &f, &e), &e))
        check_settings(f->root);
    facts_unref(f);
    if (wire_dynamic_pretty(text, &out, NULL) == ST_OK)
        for (const char *p = out.s; *p; p++)
            FUZZ_CHECK((unsigned char)*p < 0x80); /* an editor is a terminal too */
    buf_release(&out);
}

/* A patch that was found must lead from the one to the other: but null stays null in new objects.
 */
static void check_pair(const char *base, const char *other)
{
    struct buf patch, merged, again;

    buf_init(&patch);
    buf_init(&merged);
    buf_init(&again);
    if (wire_dynamic_diff(base, other, &patch, NULL) == ST_OK) {
        FUZZ_CHECK(wire_dynamic_merge(base, patch.s, &merged, NULL) == ST_OK);
        if (!strstr(other, "null")) {
            FUZZ_CHECK(wire_dynamic_diff(merged.s, other, &again, NULL) == ST_OK);
            FUZZ_CHECK(strcmp(again.s, "{}") == 0);
        }
    }
    buf_release(&again);
    buf_release(&merged);
    buf_release(&patch);
}

static void check_words(const char *a, const char *b)
{
    const char *const words[] = {a, b};
    struct err e = ERR_INIT;
    struct buf patch;

    buf_init(&patch);
    if (wire_dynamic_set(words, 2, &patch, &e) == ST_OK)
        check_document(patch.s);
    err_release(&e);
    buf_release(&patch);
}

static void check_details(const struct audit_line *l)
{
    for (int i = 0; i < l->nrequests; i++) {
        fuzz_shown(l->requests[i].member);
        fuzz_shown(l->requests[i].method);
        fuzz_shown(l->requests[i].url);
        fuzz_shown(l->requests[i].body);
    }
    for (int i = 0; i < l->nchecks; i++) {
        fuzz_shown(l->checks[i].check);
        fuzz_shown(l->checks[i].verdict);
        fuzz_shown(l->checks[i].reason);
    }
    for (int i = 0; i < l->nphases; i++) {
        fuzz_shown(l->phases[i].phase);
        fuzz_shown(l->phases[i].note);
        FUZZ_CHECK(l->phases[i].after_us >= -1);
    }
    FUZZ_CHECK(l->duration_us >= -1);
}

static void check_audit(const char *text, size_t n)
{
    struct facts *f = wire_audit_read(text, n, n % 2);
    const struct audit_lines *l = f->root;

    for (int i = 0; i < l->n; i++) {
        FUZZ_CHECK(l->v[i].what < AUDIT_WHAT_COUNT);
        fuzz_shown(l->v[i].cluster);
        fuzz_shown(l->v[i].action);
        fuzz_shown(l->v[i].command);
        fuzz_shown(l->v[i].leader);
        fuzz_shown(l->v[i].outcome);
        fuzz_shown(l->v[i].answer);
        check_details(&l->v[i]);
    }
    facts_unref(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = calloc(n + 1, 1); /* these readers take strings */
    if (!text)
        abort();
    if (n)
        memcpy(text, data, n);
    size_t first = strlen(text);
    const char *second = first < n ? text + first + 1 : "{}";

    check_document(text);
    check_pair(text, second);
    check_words(text, second);
    check_audit(text, n);
    free(text);
    return 0;
}
