/* The lines of a recording, of kept events and of kept failovers; what was read is written and read
 * again, and means the same. No text before a password hides it. */
#include "fuzz.h"

#include "pgdba/wire/recording.h"

static void check_header(const char *s, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_recording_read_header(s, n, &f, &e), &e)) {
        const struct recording_header *h = f->root;
        struct facts *again = NULL;
        struct buf b;
        fuzz_shown(h->cluster);
        fuzz_shown(h->scope);
        fuzz_shown(h->note);
        fuzz_shown(h->etcd_prefix);
        for (int i = 0; i < h->nbouncers; i++)
            fuzz_shown(h->bouncers[i]);
        for (int i = 0; i < h->nendpoints; i++)
            fuzz_shown(h->endpoints[i]);
        for (int i = 0; i < h->nhaproxies; i++)
            fuzz_shown(h->haproxies[i].write_backend);
        buf_init(&b);
        wire_recording_header(h, &b);
        FUZZ_CHECK(wire_recording_read_header(b.s, b.len, &again, NULL) == ST_OK);
        facts_unref(again);
        buf_release(&b);
    }
    facts_unref(f);
}

static void check_line(const char *s, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_recording_read_line(s, n, &f, &e), &e)) {
        const struct observation *o = f->root, *p;
        struct facts *again = NULL;
        struct buf b;
        fuzz_shown(o->target);
        fuzz_shown(o->endpoint);
        fuzz_shown(o->detail);
        fuzz_shown(o->date);
        buf_init(&b);
        wire_recording_line(o, 0, &b);
        FUZZ_CHECK(wire_recording_read_line(b.s, b.len, &again, NULL) == ST_OK);
        p = again->root;
        FUZZ_CHECK(p->mono_us == o->mono_us && p->kind == o->kind && p->outcome == o->outcome);
        FUZZ_CHECK(!p->body == !o->body);
        facts_unref(again);
        buf_release(&b);
    }
    facts_unref(f);
}

static void check_event(const char *s, size_t n)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (fuzz_ended(wire_event_read(s, n, &f, &e), &e)) {
        const struct event *ev = f->root, *same;
        struct facts *again = NULL;
        struct buf b;
        fuzz_shown(ev->text);
        fuzz_shown(ev->evidence);
        buf_init(&b);
        wire_event_line(ev, &b);
        FUZZ_CHECK(wire_event_read(b.s, b.len, &again, NULL) == ST_OK);
        same = again->root;
        FUZZ_CHECK(same->wall_us == ev->wall_us && same->not_before_us == ev->not_before_us);
        facts_unref(again);
        buf_release(&b);
    }
    facts_unref(f);
}

static void check_failover(const char *s, size_t n)
{
    struct err e = ERR_INIT;
    struct failover *f = NULL, *again = NULL;
    if (fuzz_ended(wire_failover_read(s, n, &f, &e), &e)) {
        struct buf b;
        fuzz_shown(f->summary);
        for (int i = 0; i < f->nphases; i++)
            fuzz_shown(f->phases[i].note);
        buf_init(&b);
        wire_failover_line(f, &b);
        FUZZ_CHECK(wire_failover_read(b.s, b.len, &again, NULL) == ST_OK);
        FUZZ_CHECK(again->nphases == f->nphases && again->outage.lost == f->outage.lost);
        buf_release(&b);
    }
    failover_free(again);
    failover_free(f);
}

/* Whatever stands before a password, it does not come through. */
static void check_redact(const char *s, size_t n)
{
    static const char secret[] = "sEs4me";
    struct buf in, out;
    if (memmem(s, n, secret, strlen(secret)))
        return;
    buf_init(&in);
    buf_init(&out);
    buf_add(&in, s, n);
    buf_addf(&in, " password=%s ", secret);
    wire_redact(in.s, in.len, &out);
    FUZZ_CHECK(!memmem(out.s, out.len, secret, strlen(secret)));
    buf_release(&out);
    buf_release(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *s = fuzz_exact(data, n);
    check_header(s, n);
    check_line(s, n);
    check_event(s, n);
    check_failover(s, n);
    check_redact(s, n);
    free(s);
    return 0;
}
