#include "pgdba/base/fmt.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "pgdba/base/clock.h"

static const char *const byte_units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};

/* What stands for a value that has no digits. */
static char *plain(char *out, const char *text)
{
    snprintf(out, FMT_MAX, "%s", text);
    return out;
}

static char *scaled_bytes(char *out, double v, const char *suffix)
{
    if (!isfinite(v))
        return plain(out, "?");
    double a = fabs(v);
    int u = 0;
    while (a >= 1023.95 && u < 6) {
        a /= 1024;
        v /= 1024;
        u++;
    }
    snprintf(out, FMT_MAX, u == 0 ? "%.0f %s%s" : "%.1f %s%s", v, byte_units[u], suffix);
    return out;
}

char *fmt_bytes(char *out, int64_t bytes)
{
    return scaled_bytes(out, (double)bytes, "");
}

char *fmt_bytes_rate(char *out, double bytes_per_s)
{
    return scaled_bytes(out, bytes_per_s, "/s");
}

char *fmt_count(char *out, double n)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    if (!isfinite(n))
        return plain(out, "?");
    double a = fabs(n);
    int u = 0;
    while (a >= 999.5 && u < 4) {
        a /= 1000;
        n /= 1000;
        u++;
    }
    int digits = u == 0 ? (a < 9.95 && a != floor(a) ? 1 : 0) : (a < 99.95 ? 1 : 0);
    snprintf(out, FMT_MAX, "%.*f%s", digits, n, units[u]);
    return out;
}

char *fmt_duration(char *out, int64_t us)
{
    const char *sign = us < 0 ? "-" : "";
    uint64_t v = us < 0 ? (uint64_t)0 - (uint64_t)us : (uint64_t)us;
    uint64_t s = v / 1000000;
    if (v == 0)
        plain(out, "0 s");
    else if (v < 1000)
        snprintf(out, FMT_MAX, "%s%" PRIu64 " us", sign, v);
    else if (v < 10000)
        snprintf(out, FMT_MAX, "%s%.1f ms", sign, (double)v / 1000);
    else if (v < 1000000)
        snprintf(out, FMT_MAX, "%s%" PRIu64 " ms", sign, v / 1000);
    else if (v < 60000000)
        snprintf(out, FMT_MAX, "%s%" PRIu64 ".%" PRIu64 " s", sign, s, v / 100000 % 10);
    else if (s < 3600)
        snprintf(out, FMT_MAX, "%s%" PRIu64 "m%02" PRIu64 "s", sign, s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, FMT_MAX, "%s%" PRIu64 "h%02" PRIu64 "m", sign, s / 3600, s / 60 % 60);
    else
        snprintf(out, FMT_MAX, "%s%" PRIu64 "d%02" PRIu64 "h", sign, s / 86400, s / 3600 % 24);
    return out;
}

char *fmt_age(char *out, int64_t us)
{
    static const struct {
        int64_t from_s, unit_s;
        const char *name;
    } steps[] = {{86400, 86400, "d"}, {3600, 3600, "h"}, {60, 60, "m"}, {1, 1, "s"}};
    int64_t s = us / USEC_PER_SEC;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (s < steps[i].from_s)
            continue;
        snprintf(out, FMT_MAX, "%" PRId64 "%s", s / steps[i].unit_s, steps[i].name);
        return out;
    }
    return plain(out, "now");
}

static bool broken_down(int64_t wall_us, bool utc, struct tm *tm)
{
    time_t t = (time_t)(wall_us / USEC_PER_SEC);
    return (utc ? gmtime_r(&t, tm) : localtime_r(&t, tm)) != NULL;
}

char *fmt_time_local(char *out, int64_t wall_us)
{
    struct tm tm;
    if (!broken_down(wall_us, false, &tm) || !strftime(out, FMT_MAX, "%Y-%m-%d %H:%M:%S", &tm))
        plain(out, "?");
    return out;
}

char *fmt_time_zone(char *out, int64_t wall_us)
{
    struct tm tm;
    if (!broken_down(wall_us, false, &tm) || !strftime(out, FMT_MAX, "%Y-%m-%d %H:%M:%S %Z", &tm))
        plain(out, "?");
    return out;
}

char *fmt_clock_local(char *out, int64_t wall_us)
{
    struct tm tm;
    if (!broken_down(wall_us, false, &tm) || !strftime(out, FMT_MAX, "%H:%M:%S", &tm))
        plain(out, "?");
    return out;
}

char *fmt_time_iso(char *out, int64_t wall_us)
{
    struct tm tm;
    char head[FMT_MAX];
    if (!broken_down(wall_us, true, &tm) || !strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &tm))
        return plain(out, "?");
    snprintf(out, FMT_MAX, "%.24s.%03dZ", head, (int)(wall_us / 1000 % 1000));
    return out;
}

/* One number at *s; moves behind it. */
static bool parse_number(const char **s, double *v)
{
    if (**s < '0' || **s > '9') /* no sign, blank, "inf", "nan" or ".5" */
        return false;
    if ((*s)[0] == '0' && ((*s)[1] == 'x' || (*s)[1] == 'X'))
        return false;
    char *end;
    *v = strtod(*s, &end);
    *s = end;
    return isfinite(*v);
}

/* In µs; 0: there is no such unit. */
static double unit_of(const char *name, size_t n)
{
    static const struct {
        const char *name;
        double us;
    } units[] = {{"s", 1e6},  {"sec", 1e6},  {"ms", 1e3},   {"us", 1},
                 {"m", 60e6}, {"min", 60e6}, {"h", 3600e6}, {"d", 86400e6}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
            return units[i].us;
    return 0;
}

bool fmt_parse_duration(const char *s, int64_t *us)
{
    double total = 0, last = INFINITY, v;
    do {
        if (!parse_number(&s, &v))
            return false;
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
        /* Only a number that is alone needs no unit. */
        double unit = n == 0 && *s == 0 && last == INFINITY ? 1e6 : unit_of(s, n);
        if (unit == 0 || unit >= last)
            return false;
        total += v * unit;
        last = unit;
        s += n;
    } while (*s);
    if (total > 9e17)
        return false;
    *us = (int64_t)total;
    return true;
}

bool fmt_parse_int(const char *s, int64_t *v)
{
    if (!(*s >= '0' && *s <= '9') && !(*s == '-' && s[1] >= '0' && s[1] <= '9'))
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (errno || *end)
        return false;
    *v = n;
    return true;
}

/* Levenshtein on at most 40 bytes, without regard to case. */
static int distance(const char *a, const char *b)
{
    enum { MAX = 40 };
    size_t n = strlen(a), m = strlen(b);
    if (n > MAX || m > MAX)
        return INT_MAX;
    int row[MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = diagonal + (strncasecmp(a + i - 1, b + j - 1, 1) != 0);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

const char *fmt_nearest(const char *s, const char *const *names, int n)
{
    const char *best = NULL;
    int least = INT_MAX;
    for (int i = 0; i < n; i++) {
        int d = distance(s, names[i]);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    int allowed = (int)strlen(s) / 3 + 1;
    return least <= allowed ? best : NULL;
}
