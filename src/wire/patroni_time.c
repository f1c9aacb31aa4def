/* The ways in which Patroni and its HTTP server write a time and a version. */
#include "patroni.h"

#include <stdio.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/wire/patroni.h"

/* At least least and at most most digits; moves *s past them. */
static bool take_digits(const char **s, int least, int most, int64_t *v)
{
    int n = 0;
    for (*v = 0; n < most && **s >= '0' && **s <= '9'; n++, (*s)++)
        *v = *v * 10 + (**s - '0');
    return n >= least;
}

static bool take(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

/* Days since 1970-01-01 of a day in the Gregorian calendar; libc's timegm() is not everywhere. */
static int64_t epoch_days(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2; /* the year begins in March, so that the leap day is its last */
    int64_t era = y / 400, in_era = y % 400;
    int64_t in_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static bool date_is_valid(int64_t y, int64_t m, int64_t d)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (y < 1 || m < 1 || m > 12 || d < 1)
        return false;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    return d <= days[m - 1] + (m == 2 && leap);
}

/* "23:28:46", to seconds of the day; a leap second is let through. */
static bool take_clock(const char **s, int64_t *seconds)
{
    int64_t h, m, sec;
    if (!take_digits(s, 2, 2, &h) || !take(s, ':') || !take_digits(s, 2, 2, &m) || !take(s, ':') ||
        !take_digits(s, 2, 2, &sec) || h > 23 || m > 59 || sec > 60)
        return false;
    *seconds = h * 3600 + m * 60 + sec;
    return true;
}

/* "+01", "+0100", "+01:00", "Z", " UTC", " GMT": seconds east, and the end of the text. Other
 * names of zones mean different things in different places. */
static bool take_zone(const char *s, int64_t *east)
{
    *east = 0;
    if (strcmp(s, "Z") == 0 || strcmp(s, " UTC") == 0 || strcmp(s, " GMT") == 0)
        return true;
    if (*s != '+' && *s != '-')
        return false;
    int64_t sign = *s++ == '-' ? -1 : 1, h, m = 0, sec = 0;
    if (!take_digits(&s, 2, 2, &h))
        return false;
    bool colon = take(&s, ':');
    if ((colon || *s) && !take_digits(&s, 2, 2, &m))
        return false;
    if (take(&s, ':') && !take_digits(&s, 2, 2, &sec))
        return false;
    *east = sign * (h * 3600 + m * 60 + sec);
    return *s == '\0' && h < 24 && m < 60 && sec < 60;
}

/* ".856609" to µs; digits beyond the sixth are dropped. */
static bool take_fraction(const char **s, int64_t *us)
{
    *us = 0;
    if (!take(s, '.'))
        return true;
    int64_t scale = 100000;
    const char *first = *s;
    for (; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
        *us += (**s - '0') * scale;
    return *s > first;
}

bool wire_patroni_time(const char *s, int64_t *wall_us)
{
    int64_t y, m, d, clock, us, east;
    if (!s || !take_digits(&s, 4, 4, &y) || !take(&s, '-') || !take_digits(&s, 2, 2, &m) ||
        !take(&s, '-') || !take_digits(&s, 2, 2, &d) || !date_is_valid(y, m, d))
        return false;
    if ((!take(&s, ' ') && !take(&s, 'T')) || !take_clock(&s, &clock) || !take_fraction(&s, &us) ||
        !take_zone(s, &east))
        return false;
    *wall_us = (epoch_days(y, m, d) * 86400 + clock - east) * USEC_PER_SEC + us;
    return true;
}

int64_t wire_http_date(const char *s)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *comma = s ? strstr(s, ", ") : NULL;
    if (!comma)
        return 0;
    s = comma + 2;
    int64_t y, d, clock;
    if (!take_digits(&s, 1, 2, &d) || !take(&s, ' ') || strlen(s) < 4)
        return 0;
    int64_t m = 1;
    while (m <= 12 && strncmp(s, months + 3 * (m - 1), 3) != 0)
        m++;
    s += 3;
    if (!take(&s, ' ') || !take_digits(&s, 4, 4, &y) || !take(&s, ' ') || !take_clock(&s, &clock))
        return 0;
    if (!date_is_valid(y, m, d) || strncmp(s, " GMT", 4) != 0)
        return 0;
    return epoch_days(y, m, d) * 86400 + clock;
}

/* Whole numbers below 100, and what follows them must not be a number: "4.0.0rc1" is 4.0.0. */
int wire_patroni_version(const char *s)
{
    int64_t major, minor, patch = 0;
    if (!s || !take_digits(&s, 1, 2, &major) || !take(&s, '.') || !take_digits(&s, 1, 2, &minor))
        return 0;
    if (take(&s, '.') && !take_digits(&s, 1, 2, &patch))
        return 0;
    if (*s == '.' || (*s >= '0' && *s <= '9'))
        return 0;
    return (int)(major * 10000 + minor * 100 + patch);
}
