#include "pgdba/model/lsn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *hex_half(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    int n = 0;
    for (; n <= 8; n++, s++) {
        int d;
        if (*s >= '0' && *s <= '9')
            d = *s - '0';
        else if (*s >= 'a' && *s <= 'f')
            d = *s - 'a' + 10;
        else if (*s >= 'A' && *s <= 'F')
            d = *s - 'A' + 10;
        else
            break;
        v = v << 4 | (uint64_t)d;
    }
    if (n == 0 || n > 8)
        return NULL;
    *out = v;
    return s;
}

bool lsn_parse(const char *s, lsn_t *out)
{
    uint64_t hi, lo;
    s = hex_half(s, &hi);
    if (!s || *s != '/')
        return false;
    s = hex_half(s + 1, &lo);
    if (!s || *s)
        return false;
    *out = hi << 32 | lo;
    return true;
}

char *lsn_format(char *out, lsn_t v)
{
    if (v == LSN_UNKNOWN)
        snprintf(out, LSN_TEXT, "-");
    else
        snprintf(out, LSN_TEXT, "%" PRIX32 "/%" PRIX32, (uint32_t)(v >> 32), (uint32_t)v);
    return out;
}

int64_t lsn_lag(lsn_t ahead, lsn_t behind)
{
    if (ahead == LSN_UNKNOWN || behind == LSN_UNKNOWN)
        return LAG_UNKNOWN;
    if (behind >= ahead)
        return 0;
    return ahead - behind > INT64_MAX ? INT64_MAX : (int64_t)(ahead - behind);
}
