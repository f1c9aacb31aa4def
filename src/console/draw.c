/* draw.c: bars, sparklines, ages: what several views share. */
#include "pgdba/console/draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

static const struct {
    enum theme_role role;
    enum glyph glyph;
} healths[] = {
    [HEALTH_OK] = {TR_OK, GL_OK},
    [HEALTH_DEGRADED] = {TR_WARN, GL_WARN},
    [HEALTH_CRITICAL] = {TR_CRIT, GL_CRIT},
    [HEALTH_UNREACHABLE] = {TR_UNKNOWN, GL_UNKNOWN},
};
_Static_assert(sizeof healths / sizeof *healths == HEALTH_COUNT, "a sign a grade");

enum theme_role draw_health_role(enum health h)
{
    return healths[h].role;
}

enum glyph draw_health_glyph(enum health h)
{
    return healths[h].glyph;
}

void draw_right(struct surface *s, int row, int col, int cols, enum theme_role role,
                const char *text)
{
    int w = surface_width(s, text);
    if (w < cols) {
        col += cols - w;
        cols = w;
    }
    surface_text(s, row, col, cols, role, text);
}

void draw_bar(struct surface *s, int row, int col, int cols, enum theme_role role, double filled)
{
    int full = isnan(filled) ? 0 : (int)(filled * cols + 0.5);
    if (!isnan(filled) && filled > 0 && full == 0)
        full = 1; /* a little is not nothing */
    for (int i = 0; i < cols; i++)
        surface_text(s, row, col + i, 1, i < full ? role : TR_BORDER,
                     glyph(s, i < full ? GL_FULL : GL_EMPTY));
}

void draw_spark(struct surface *s, int row, int col, int cols, enum theme_role role,
                const double *v, int n)
{
    double most = 0;
    if (n > cols) {
        v += n - cols;
        n = cols;
    }
    for (int i = 0; i < n; i++)
        most = v[i] > most ? v[i] : most;
    for (int i = 0; i < n; i++) {
        if (v[i] < 0)
            continue;
        int step = most > 0 ? (int)(v[i] / most * 7 + 0.5) : 0;
        if (v[i] > 0 && step == 0)
            step = 1;
        surface_text(s, row, col + cols - n + i, 1, role, glyph(s, (enum glyph)(GL_SPARK0 + step)));
    }
}

/* Published samples come once a loop (10 s): between two the last one holds. */
static void hold_short_gaps(double *v, int n, int64_t bucket_us)
{
    int most = (int)(15 * USEC_PER_SEC / bucket_us) + 1;
    int last = -1;
    for (int i = 0; i < n; i++) {
        if (v[i] >= 0) {
            for (int k = last + 1; last >= 0 && i - last <= most && k < i; k++)
                v[k] = v[last];
            last = i;
        }
    }
    if (last >= 0 && last == n - 2) /* the bucket that has just begun */
        v[n - 1] = v[last];
}

const double *draw_buckets(const struct series *v, int64_t now_us, int64_t span_us, int nbuckets,
                           struct arena *a)
{
    double *out = arena_array(a, (size_t)(nbuckets > 0 ? nbuckets : 1), double);
    int64_t each = nbuckets > 0 ? span_us / nbuckets : span_us;
    for (int i = 0; i < nbuckets; i++)
        out[i] = -1;
    for (int i = 0; i < v->n && each > 0; i++) {
        int64_t ago = now_us / each - v->at_us[i] / each;
        if (v->value[i] == LAG_UNKNOWN || ago < 0 || ago >= nbuckets)
            continue;
        double *slot = &out[nbuckets - 1 - ago];
        if ((double)v->value[i] > *slot)
            *slot = (double)v->value[i];
    }
    if (each > 0)
        hold_short_gaps(out, nbuckets, each);
    return out;
}

const char *draw_age(struct arena *a, int64_t now_us, int64_t at_us)
{
    char b[FMT_MAX];
    if (at_us == 0)
        return "never";
    /* With a refresh a second an answer is up to a second old: that is now, not a flicker. */
    return now_us - at_us < 2 * USEC_PER_SEC ? "now" : arena_strdup(a, fmt_age(b, now_us - at_us));
}

const char *draw_outcome(struct arena *a, const struct source_state *st, int64_t now_us)
{
    if (st->outcome == OBS_NEVER || st->outcome == OBS_ANSWERED)
        return obs_outcome_name(st->outcome);
    /* How long nothing good has come, as the verdicts count it. */
    return arena_printf(a, "%s %s", obs_outcome_name(st->outcome),
                        draw_age(a, now_us, st->answered_us ? st->answered_us : st->since_us));
}

/* ---- wall times and stop watches ------------------------------------------------------------- */

#define A_MINUTE (60 * USEC_PER_SEC)

static bool local(int64_t wall_us, struct tm *tm)
{
    time_t t = (time_t)(wall_us / USEC_PER_SEC);
    return wall_us >= 0 && localtime_r(&t, tm) != NULL;
}

struct draw_clock draw_clock_at(int64_t now_wall_us)
{
    struct draw_clock c = {.minute = -1};
    if (!local(now_wall_us, &c.today))
        c.today = (struct tm){0};
    return c;
}

const char *draw_clock_text(struct draw_clock *c, int64_t wall_us, struct arena *a)
{
    char b[FMT_MAX];
    if (wall_us / A_MINUTE != c->minute) { /* zones are whole minutes apart */
        c->minute = wall_us / A_MINUTE;
        c->known = local(wall_us, &c->tm);
    }
    if (!c->known)
        return "?";
    if (c->tm.tm_year != c->today.tm_year)
        return strftime(b, sizeof b, "%Y-%m-%d", &c->tm) ? arena_strdup(a, b) : "?";
    if (c->tm.tm_yday != c->today.tm_yday)
        return strftime(b, sizeof b, "%b %d %H:%M", &c->tm) ? arena_strdup(a, b) : "?";
    int64_t ms = wall_us % A_MINUTE / USEC_PER_MS;
    return arena_printf(a, "%02d:%02d:%02d.%03d", c->tm.tm_hour, c->tm.tm_min, (int)(ms / 1000),
                        (int)(ms % 1000));
}

const char *draw_wall_full(struct arena *a, int64_t wall_us)
{
    struct tm tm;
    char head[FMT_MAX], zone[FMT_MAX];
    if (!local(wall_us, &tm) || !strftime(head, sizeof head, "%Y-%m-%d %H:%M:%S", &tm) ||
        !strftime(zone, sizeof zone, "%z", &tm))
        return "?";
    return arena_printf(a, "%s.%03d %s", head, (int)(wall_us % USEC_PER_SEC / USEC_PER_MS), zone);
}

const char *draw_seconds(struct arena *a, int64_t us, int decimals)
{
    static const int64_t units[] = {USEC_PER_SEC, 100 * USEC_PER_MS, 10 * USEC_PER_MS, USEC_PER_MS};
    int64_t unit = units[decimals], per = USEC_PER_SEC / unit, n = llabs(us) / unit;
    const char *sign = us < 0 && n ? "-" : "";
    int64_t s = n / per, rest = n % per;
    const char *tail = decimals ? arena_printf(a, ".%0*" PRId64, decimals, rest) : "";
    if (s < 60)
        return arena_printf(a, "%s%" PRId64 "%s s", sign, s, tail);
    if (s < 3600)
        return arena_printf(a, "%s%" PRId64 "m%02" PRId64 "%ss", sign, s / 60, s % 60, tail);
    return arena_printf(a, "%s%" PRId64 "h%02" PRId64 "m", sign, s / 3600, s / 60 % 60);
}
