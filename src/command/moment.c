/* moment.c: speeds and moments of a recording, as they are typed. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/command/command.h"

bool command_parse_speed(const char *text, double *speed)
{
    char *end;

    if (strspn(text, "0123456789.") == 0)
        return false;
    *speed = strtod(text, &end);
    if (*end == 'x')
        end++;
    return *end == '\0' && *speed >= 0.1 && *speed <= 100;
}

static const char *two_digits(const char *p, int most, int64_t *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return NULL;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return *out <= most ? p + 2 : NULL;
}

/* "03:12", "03:12:00", "03:12:00.250" */
static bool time_of_day(const char *p, int64_t *us)
{
    int64_t h, m, s = 0, part = USEC_PER_SEC;

    if (!(p = two_digits(p, 23, &h)) || *p++ != ':' || !(p = two_digits(p, 59, &m)))
        return false;
    if (*p == ':' && !(p = two_digits(p + 1, 59, &s)))
        return false;
    *us = ((h * 60 + m) * 60 + s) * USEC_PER_SEC;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++)
            *us += (*p - '0') * (part /= 10);
    return *p == '\0';
}

bool command_parse_time(const char *text, struct command_time *out)
{
    bool back = *text == '-', after = *text == '+';

    out->kind = TIME_OF_DAY;
    if (time_of_day(text, &out->us))
        return true;
    out->kind = after ? TIME_AFTER_START : TIME_FROM_HERE;
    if (!fmt_parse_duration(text + (back || after), &out->us))
        return false;
    if (back)
        out->us = -out->us;
    return true;
}

#define A_DAY (INT64_C(86400) * USEC_PER_SEC)

/* In the zone in which the screen shows it. */
static int64_t since_midnight(int64_t wall_us)
{
    time_t t = (time_t)(wall_us / USEC_PER_SEC);
    struct tm tm;

    if (!localtime_r(&t, &tm))
        return 0;
    return (tm.tm_hour * INT64_C(3600) + tm.tm_min * INT64_C(60) + tm.tm_sec) * USEC_PER_SEC +
           wall_us % USEC_PER_SEC;
}

int64_t command_time_at(const struct command_time *t, int64_t start_wall_us, int64_t length_us,
                        int64_t here_us)
{
    int64_t at;

    if (t->kind == TIME_AFTER_START)
        return t->us;
    if (t->kind == TIME_FROM_HERE)
        return here_us + t->us;
    at = t->us - since_midnight(start_wall_us);
    return at < 0 && at + A_DAY <= length_us ? at + A_DAY : at;
}
