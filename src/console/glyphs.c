/* glyphs.c: the few signs that stand beside words, and their ASCII stand-ins. All are one column
 * wide and of the oldest Unicode blocks, which every terminal font has. */
#include "pgdba/console/surface.h"

static const struct {
    const char *utf8, *ascii;
} glyphs[] = {
    [GL_ELLIPSIS] = {"…", "~"}, [GL_HLINE] = {"─", "-"},       [GL_VLINE] = {"│", "|"},
    [GL_TL] = {"┌", "+"},       [GL_TR] = {"┐", "+"},          [GL_BL] = {"└", "+"},
    [GL_BR] = {"┘", "+"},       [GL_TEE_L] = {"├", "+"},       [GL_TEE_R] = {"┤", "+"},
    [GL_BRANCH] = {"├", "|"},   [GL_BRANCH_LAST] = {"└", "`"}, [GL_RAIL] = {"│", "|"},
    [GL_OK] = {"✓", "+"},       [GL_WARN] = {"▲", "!"},        [GL_CRIT] = {"✗", "X"},
    [GL_UNKNOWN] = {"?", "?"},  [GL_LEADER] = {"★", "*"},      [GL_UP] = {"▲", "^"},
    [GL_DOWN] = {"▼", "v"},     [GL_ARROW] = {"→", ">"},       [GL_PAUSE] = {"‖", "="},
    [GL_DOT] = {"·", "."},      [GL_SELECT] = {"▶", ">"},      [GL_MARK] = {"●", "+"},
    [GL_FULL] = {"█", "#"},     [GL_EMPTY] = {"░", "."},       [GL_SPARK0] = {"▁", "_"},
    [GL_SPARK1] = {"▂", "."},   [GL_SPARK2] = {"▃", ":"},      [GL_SPARK3] = {"▄", "-"},
    [GL_SPARK4] = {"▅", "="},   [GL_SPARK5] = {"▆", "+"},      [GL_SPARK6] = {"▇", "*"},
    [GL_SPARK7] = {"█", "#"},
};
_Static_assert(sizeof glyphs / sizeof *glyphs == GL_COUNT, "a glyph without its stand-in");

const char *glyph(const struct surface *s, enum glyph g)
{
    return s->ascii ? glyphs[g].ascii : glyphs[g].utf8;
}
