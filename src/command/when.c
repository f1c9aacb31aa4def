/* when.c: a moment to come, as it is typed: for what is scheduled. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/command/command.h"

static const char *digits(const char *p, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, p++) {
        if (*p < '0' || *p > '9')
            return NULL;
        *out = *out * 10 + (*p - '0');
    }
    return p;
}

static const char *date(const char *p, struct tm *tm)
{
    int y, m, d;

    if (!(p = digits(p, 4, &y)) || *p++ != '-' || !(p = digits(p, 2, &m)) || *p++ != '-' ||
        !(p = digits(p, 2, &d)) || m < 1 || m > 12 || d < 1 || d > 31)
        return NULL;
    tm->tm_year = y - 1900;
    tm->tm_mon = m - 1;
    tm->tm_mday = d;
    return p;
}

static const char *clock_time(const char *p, struct tm *tm)
{
    int h, m, s = 0;

    if (!(p = digits(p, 2, &h)) || *p++ != ':' || !(p = digits(p, 2, &m)) || h > 23 || m > 59)
        return NULL;
    if (*p == ':' && (!(p = digits(p + 1, 2, &s)) || s > 59))
        return NULL;
    tm->tm_hour = h;
    tm->tm_min = m;
    tm->tm_sec = s;
    return p;
}

/* "Z", "+01:00", "-0530", "+01"; *here: none is given, the local zone is meant. */
static bool zone(const char *p, int *east_s, bool *here)
{
    int sign = *p == '-' ? -1 : 1, h, m = 0;

    *here = *p == '\0';
    *east_s = 0;
    if (*here || strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
        return true;
    if (*p != '+' && *p != '-')
        return false;
    if (!(p = digits(p + 1, 2, &h)) || h > 14)
        return false;
    if (*p == ':')
        p++;
    if (*p && (!(p = digits(p, 2, &m)) || m > 59))
        return false;
    *east_s = sign * (h * 3600 + m * 60);
    return *p == '\0';
}

/* The moment in its zone; false: there is none such (31 February; 02:30 when clocks go forward). */
static bool moment(const struct tm *given, int east_s, bool here, time_t *out)
{
    struct tm tm = *given, back;

    tm.tm_isdst = -1;
    *out = here ? mktime(&tm) : timegm(&tm) - east_s;
    tm = *given;
    if (here)
        return localtime_r(out, &back) && back.tm_mday == tm.tm_mday &&
               back.tm_hour == tm.tm_hour && back.tm_min == tm.tm_min;
    time_t there = *out + east_s;
    return gmtime_r(&there, &back) && back.tm_mday == tm.tm_mday && back.tm_mon == tm.tm_mon;
}

/* When clocks go back: as summer time and as winter time it is another moment. */
static bool comes_twice(const struct tm *given)
{
    struct tm summer = *given, winter = *given;

    summer.tm_isdst = 1;
    winter.tm_isdst = 0;
    return mktime(&summer) != mktime(&winter) && summer.tm_hour == given->tm_hour &&
           winter.tm_hour == given->tm_hour && summer.tm_min == given->tm_min &&
           winter.tm_min == given->tm_min;
}

const char *command_when_refused(const char *text)
{
    struct tm tm = {0}, day;
    const char *p = date(text, &tm);
    int east_s;
    bool here;
    time_t at;

    if (!p || (*p != 'T' && *p != ' ') || !(p = clock_time(p + 1, &tm)) ||
        !zone(p, &east_s, &here) || !here)
        return NULL;
    if (comes_twice(&tm))
        return "clocks go back over that hour, so that it comes twice: give its zone too, such as "
               "2026-11-22T03:00+01:00";
    day = tm;
    day.tm_hour = 12; /* 30 February is no day at all */
    if (!moment(&tm, 0, true, &at) && moment(&day, 0, true, &at))
        return "clocks go forward over that hour, so that there is none such that day";
    return NULL;
}

static bool next_day(struct tm *tm, int east_s, bool here, time_t now, time_t *out)
{
    for (int day = 0; day < 2; day++, tm->tm_mday++) {
        struct tm tomorrow = *tm;
        time_t noon;

        tomorrow.tm_hour = 12;
        tomorrow.tm_isdst = -1;
        noon = here ? mktime(&tomorrow) : timegm(&tomorrow);
        if (here)
            localtime_r(&noon, &tomorrow);
        else
            gmtime_r(&noon, &tomorrow);
        tomorrow.tm_hour = tm->tm_hour;
        tomorrow.tm_min = tm->tm_min;
        tomorrow.tm_sec = tm->tm_sec;
        if (moment(&tomorrow, east_s, here, out) && *out > now)
            return true;
    }
    return false;
}

bool command_parse_when(const char *text, int64_t now_wall_us, int64_t *wall_us)
{
    time_t now = (time_t)(now_wall_us / USEC_PER_SEC), at, there;
    struct tm tm = {0};
    const char *p, *day;
    int east_s;
    bool here;
    int64_t us;

    if (*text == '+') {
        if (!fmt_parse_duration(text + 1, &us))
            return false;
        *wall_us = now_wall_us + us;
        return true;
    }
    day = date(text, &tm);
    p = day && (*day == 'T' || *day == ' ') ? day + 1 : day ? NULL : text;
    if (!p || !(p = clock_time(p, &tm)) || !zone(p, &east_s, &here))
        return false;
    if (day) {
        if (!moment(&tm, east_s, here, &at))
            return false;
    } else { /* a time of day: the next one there is, in its zone */
        struct tm today;

        there = now + east_s;
        if (here ? !localtime_r(&now, &today) : !gmtime_r(&there, &today))
            return false;
        today.tm_hour = tm.tm_hour;
        today.tm_min = tm.tm_min;
        today.tm_sec = tm.tm_sec;
        if (!next_day(&today, east_s, here, now, &at))
            return false;
    }
    *wall_us = (int64_t)at * USEC_PER_SEC;
    return true;
}

bool command_parse_bytes(const char *text, int64_t *bytes)
{
    static const struct {
        const char *unit;
        double factor;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"kB", 1024},
                 {"KB", 1024},
                 {"MB", 1024.0 * 1024},
                 {"GB", 1024.0 * 1024 * 1024},
                 {"TB", 1024.0 * 1024 * 1024 * 1024}};
    char *end;
    double v;

    if (*text < '0' || *text > '9')
        return false;
    v = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0 && v * units[i].factor < 9e18) {
            *bytes = (int64_t)(v * units[i].factor);
            return true;
        }
    return false;
}
