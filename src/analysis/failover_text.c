/* A failover as a table of text: what the shell prints, and what tests compare. */
#include <string.h>

#include "pgdba/analysis/failover.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

static void pad(struct buf *out, const char *text, int cols)
{
    int w = utf8_width(text);
    buf_puts(out, text);
    buf_fill(out, ' ', (size_t)(w < cols ? cols - w : 0));
}

static void say_seconds(struct buf *out, int64_t us)
{
    bool minus = us < 0;
    int64_t ms = (minus ? -us : us) / USEC_PER_MS;
    buf_addf(out, "%s%lld.%03lld", minus ? "-" : "", (long long)(ms / 1000),
             (long long)(ms % 1000));
}

static void say_when(struct buf *out, const struct failover *f, const struct failover_phase *p)
{
    struct buf b;
    buf_init(&b);
    if (p->state == FO_DONE) {
        int64_t at = f->number || f->start_mono_us ? p->mono_us - f->start_mono_us
                                                   : p->wall_us - f->start_wall_us;
        say_seconds(&b, at);
        buf_puts(&b, " s");
    }
    buf_fill(out, ' ', b.len < 11 ? 11 - b.len : 0);
    buf_puts(out, b.s);
    buf_puts(out, "  ");
    buf_release(&b);
}

static void say_range(struct buf *out, const struct failover_phase *p)
{
    if (p->predicted_lo_us < 0 && p->predicted_hi_us < 0)
        return;
    buf_puts(out, " (expected ");
    if (p->predicted_lo_us >= 0)
        buf_addf(out, "%s%lld", p->predicted_hi_us < 0 ? "after " : "",
                 (long long)(p->predicted_lo_us / USEC_PER_SEC));
    if (p->predicted_hi_us >= 0)
        buf_addf(out, "%s%lld", p->predicted_lo_us >= 0 ? " to " : "within ",
                 (long long)(p->predicted_hi_us / USEC_PER_SEC));
    buf_puts(out, " s)");
}

static void say_phase(struct buf *out, const struct failover *f, const struct failover_phase *p,
                      bool times)
{
    struct buf name;
    buf_init(&name);
    buf_addf(&name, "%s%s%s", failover_phase_name(p->id), *p->subject ? " " : "", p->subject);
    buf_puts(out, "  ");
    if (times)
        say_when(out, f, p);
    pad(out, name.s, 28);
    pad(out, p->state == FO_DONE ? obs_system_name(p->source) : fo_state_name(p->state), 11);
    if (*p->note)
        buf_addf(out, " %s", p->note);
    if (times && p->state != FO_SKIPPED)
        say_range(out, p);
    while (out->len && out->s[out->len - 1] == ' ')
        buf_truncate(out, out->len - 1);
    buf_putc(out, '\n');
    buf_release(&name);
}

static void say_outage(struct buf *out, const struct failover_outage *o, bool times)
{
    char longest[FMT_MAX], total[FMT_MAX];
    if (!o->known)
        return;
    buf_addf(out, "  the %s probe", o->is_write ? "write" : "read");
    if (*o->route)
        buf_addf(out, " through %s", o->route);
    if (times)
        buf_addf(out, ": longest gap %s, together %s, %d failed attempts",
                 fmt_duration(longest, o->longest_us), fmt_duration(total, o->total_us),
                 o->failures);
    else
        buf_puts(out, o->failures ? ": failed" : ": never failed");
    if (o->lost >= 0)
        buf_addf(out, ", %lld rows lost, %lld ghosts", (long long)o->lost, (long long)o->ghosts);
    else if (o->is_write)
        buf_puts(out, ", rows not looked up");
    buf_putc(out, '\n');
}

void failover_table(const struct failover *f, bool times, struct buf *out)
{
    char at[FMT_MAX];
    if (times) {
        buf_addf(out, "%s  ", f->start_wall_us ? fmt_time_local(at, f->start_wall_us) : "-");
        if (f->number)
            buf_addf(out, "#%llu  ", (unsigned long long)f->number);
        buf_puts(out, f->summary);
    } else {
        buf_addf(out, "%s %s -> %s", failover_kind_name(f->kind), *f->from ? f->from : "?",
                 *f->to ? f->to : "?");
        if (f->new_timeline > f->old_timeline)
            buf_puts(out, ", a new timeline");
    }
    buf_addf(out, "%s%s\n", f->open ? ", open" : "", f->coarse ? " (times are of polls)" : "");
    for (int i = 0; i < f->nphases; i++)
        say_phase(out, f, &f->phases[i], times);
    say_outage(out, &f->outage, times);
}
