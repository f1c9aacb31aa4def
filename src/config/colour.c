/* Colours by name, number and RGB, as the xterm palette of 256 has them. */
#include "theme_schema.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "pgdba/base/fmt.h"

struct rgb {
    int r, g, b;
};

/* xterm's own values; other terminals differ, which is why a theme can name both. */
static const struct rgb basic[16] = {
    {0, 0, 0},     {205, 0, 0},     {0, 205, 0},     {205, 205, 0},   {0, 0, 238}, {205, 0, 205},
    {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},     {0, 255, 0}, {255, 255, 0},
    {92, 92, 255}, {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
};

/* 16..231: a cube of 6×6×6; 232..255: greys. */
static struct rgb rgb_of(int colour)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};

    if (colour < 16)
        return basic[colour];
    if (colour < 232) {
        int c = colour - 16;

        return (struct rgb){steps[c / 36], steps[c / 6 % 6], steps[c % 6]};
    }
    int grey = 8 + 10 * (colour - 232);

    return (struct rgb){grey, grey, grey};
}

static int nearest(struct rgb want, int first, int last)
{
    int best = first, least = INT_MAX;

    for (int i = first; i <= last; i++) {
        struct rgb c = rgb_of(i);
        int dr = c.r - want.r, dg = c.g - want.g, db = c.b - want.b;
        int d = 2 * dr * dr + 4 * dg * dg + 3 * db * db; /* the eye is keenest in green */

        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

int colour_to_16(int colour)
{
    return colour < 16 ? colour : nearest(rgb_of(colour), 0, 15);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

static bool parse_rgb(const char *s, struct rgb *out)
{
    int v[6];

    if (strlen(s) != 6)
        return false;
    for (int i = 0; i < 6; i++)
        if ((v[i] = hex_digit(s[i])) < 0)
            return false;
    *out = (struct rgb){v[0] * 16 + v[1], v[2] * 16 + v[3], v[4] * 16 + v[5]};
    return true;
}

static bool parse_name(const char *s, int *out)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    int bright = strncmp(s, "bright-", 7) ? 0 : 8;

    for (int i = 0; i < 8; i++) {
        if (strcmp(s + (bright ? 7 : 0), names[i]))
            continue;
        *out = i + bright;
        return true;
    }
    return false;
}

bool colour_parse(const char *text, int most, int *out)
{
    int64_t n;
    struct rgb rgb;

    if (!strcmp(text, "default")) {
        *out = COLOUR_DEFAULT;
        return true;
    }
    if (text[0] == '#' && parse_rgb(text + 1, &rgb)) {
        *out = most > 15 ? nearest(rgb, 16, 255) : nearest(rgb, 0, 15);
        return true;
    }
    if (fmt_parse_int(text, &n) && n >= 0 && n <= most) {
        *out = (int)n;
        return true;
    }
    return parse_name(text, out);
}
