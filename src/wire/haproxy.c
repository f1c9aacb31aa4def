/* HAProxy's statistics as CSV. Reference: "middleware.md" §3.2, §3.4. */
#include "pgdba/wire/haproxy.h"

#include <ctype.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "haproxy_states.h"

enum { MAX_ROWS = 10000, MAX_COLUMNS = 512 };

enum column {
    COL_PXNAME,
    COL_SVNAME,
    COL_STATUS,
    COL_TYPE,
    COL_SCUR,
    COL_ACT,
    COL_BCK,
    COL_LASTCHG,
    COL_CHECK_STATUS,
    COL_CHECK_CODE,
    COL_CHECK_DURATION,
    COL_LAST_CHK,
    COL_ADDR,
    COL_SMAX,
    COL_SLIM,
    COL_STOT,
    COL_QCUR,
    COL_QMAX,
    COL_QLIMIT,
    COL_RATE,
    COL_RATE_MAX,
    COL_WEIGHT,
    COL_LASTSESS,
    COL_DOWNTIME,
    COL_CHKFAIL,
    COL_CHKDOWN,
    COL_ECON,
    COL_MODE,
    COL_AGENT_STATUS,
    COL_COUNT
};

static const char *const names[] = {
    [COL_PXNAME] = "pxname",
    [COL_SVNAME] = "svname",
    [COL_STATUS] = "status",
    [COL_TYPE] = "type",
    [COL_SCUR] = "scur",
    [COL_ACT] = "act",
    [COL_BCK] = "bck",
    [COL_LASTCHG] = "lastchg",
    [COL_CHECK_STATUS] = "check_status",
    [COL_CHECK_CODE] = "check_code",
    [COL_CHECK_DURATION] = "check_duration",
    [COL_LAST_CHK] = "last_chk",
    [COL_ADDR] = "addr",
    [COL_SMAX] = "smax",
    [COL_SLIM] = "slim",
    [COL_STOT] = "stot",
    [COL_QCUR] = "qcur",
    [COL_QMAX] = "qmax",
    [COL_QLIMIT] = "qlimit",
    [COL_RATE] = "rate",
    [COL_RATE_MAX] = "rate_max",
    [COL_WEIGHT] = "weight",
    [COL_LASTSESS] = "lastsess",
    [COL_DOWNTIME] = "downtime",
    [COL_CHKFAIL] = "chkfail",
    [COL_CHKDOWN] = "chkdown",
    [COL_ECON] = "econ",
    [COL_MODE] = "mode",
    [COL_AGENT_STATUS] = "agent_status",
};
_Static_assert(sizeof names / sizeof *names == COL_COUNT, "one name a column");

/* Where in a line each of them stands: -1 nowhere. */
struct layout {
    int at[COL_COUNT];
    int ncolumns;
};

struct input {
    const char *s, *end;
};

/* What ended a field. */
enum stop { STOP_COMMA, STOP_LINE, STOP_CUT };

/* Text in double quotes, a quote in it twice; in->s stands behind the first. */
static bool take_quoted(struct input *in, struct buf *field)
{
    while (in->s < in->end) {
        char c = *in->s++;
        if (c == '"') {
            if (in->s == in->end || *in->s != '"')
                return true;
            in->s++;
        }
        buf_putc(field, c);
    }
    return false;
}

static enum stop take_field(struct input *in, struct buf *field)
{
    buf_clear(field);
    if (in->s < in->end && *in->s == '"') {
        in->s++;
        if (!take_quoted(in, field))
            return STOP_CUT;
    }
    const char *from = in->s;
    while (in->s < in->end && *in->s != ',' && *in->s != '\n')
        in->s++;
    size_t n = (size_t)(in->s - from);
    if (in->s == in->end)
        return STOP_CUT;
    bool line = *in->s++ == '\n';
    if (line && n && from[n - 1] == '\r')
        n--;
    buf_add(field, from, n);
    return line ? STOP_LINE : STOP_COMMA;
}

/* Behind a column named "-" stand those of modules, which are not ours. */
static enum status read_header(struct input *in, struct layout *l, struct err *e)
{
    static const char mark[] = "# pxname,";
    if ((size_t)(in->end - in->s) < sizeof mark - 1 || memcmp(in->s, mark, sizeof mark - 1) != 0)
        return err_set(e, ST_INVALID,
                       "expected HAProxy's CSV, which begins \"# pxname\"; is this "
                       "the page with ;csv at its end?");
    in->s += 2;
    for (int i = 0; i < COL_COUNT; i++)
        l->at[i] = -1;
    struct buf field;
    buf_init(&field);
    enum stop stop = STOP_COMMA;
    bool ours = true;
    for (l->ncolumns = 0; stop == STOP_COMMA && l->ncolumns <= MAX_COLUMNS; l->ncolumns++) {
        stop = take_field(in, &field);
        ours = ours && strcmp(field.s, "-") != 0;
        for (int i = 0; ours && i < COL_COUNT; i++)
            if (l->at[i] < 0 && strcmp(field.s, names[i]) == 0)
                l->at[i] = l->ncolumns;
    }
    buf_release(&field);
    if (l->ncolumns > MAX_COLUMNS)
        return err_set(e, ST_INVALID, "absurd: more than %d columns", MAX_COLUMNS);
    if (stop == STOP_CUT)
        return err_set(e, ST_INVALID, "the CSV is cut off in its first line");
    for (int i = COL_PXNAME; i <= COL_TYPE; i++)
        if (l->at[i] < 0)
            return err_set(e, ST_INVALID, "HAProxy's CSV has no column \"%s\"", names[i]);
    return ST_OK;
}

/* The cells of one line that are ours, cleaned; NULL where it has none. False: cut off. */
static bool read_cells(struct arena *a, struct input *in, const struct layout *l, struct buf *field,
                       const char *cells[COL_COUNT])
{
    enum stop stop = STOP_COMMA;
    memset(cells, 0, COL_COUNT * sizeof *cells);
    for (int c = 0; stop == STOP_COMMA; c++) {
        stop = take_field(in, field);
        for (int i = 0; c < l->ncolumns && i < COL_COUNT; i++)
            if (l->at[i] == c)
                cells[i] = utf8_clean(a, field->s, field->len);
    }
    return stop == STOP_LINE;
}

/* "UP 2/3": checks are turning it; "DOWN (agent)" is not. */
static bool is_turning(const char *rest)
{
    return *rest == ' ' && isdigit((unsigned char)rest[1]);
}

static enum ha_status fold_status(const char *s)
{
    static const struct {
        const char *word;
        enum ha_status still, turning;
    } words[] = {
        {"UP", HA_UP, HA_GOING_DOWN},  {"DOWN", HA_DOWN, HA_GOING_UP},
        {"NOLB", HA_DRAIN, HA_DRAIN},  {"DRAIN", HA_DRAIN, HA_DRAIN},
        {"MAINT", HA_MAINT, HA_MAINT}, {"no check", HA_NO_CHECK, HA_NO_CHECK},
        {"OPEN", HA_UP, HA_UNKNOWN}, /* frontends and listeners */
        {"STOP", HA_DOWN, HA_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if (strncmp(s, words[i].word, n) == 0 && (s[n] == '\0' || s[n] == ' '))
            return is_turning(s + n) ? words[i].turning : words[i].still;
    }
    return HA_UNKNOWN;
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static int64_t count(const char *s, int64_t unknown)
{
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : unknown;
}

/* Nothing and 0 both say that there is none. */
static int64_t limit(const char *s)
{
    int64_t v = count(s, -1);
    return v > 0 ? v : -1;
}

static void read_row(const char *const cells[COL_COUNT], int64_t type, struct ha_row *r)
{
    const char *check = or_empty(cells[COL_CHECK_STATUS]);
    int64_t code = count(cells[COL_CHECK_CODE], 0);
    *r = (struct ha_row){
        .type = (enum ha_type)type,
        .proxy = cells[COL_PXNAME],
        .name = cells[COL_SVNAME],
        .status = fold_status(cells[COL_STATUS]),
        .status_text = cells[COL_STATUS],
        .check_status = strncmp(check, "* ", 2) == 0 ? check + 2 : check,
        .check_code = code < 1000 ? (int)code : 0,
        .check_ms = count(cells[COL_CHECK_DURATION], -1),
        .last_check = or_empty(cells[COL_LAST_CHK]),
        .sessions = count(cells[COL_SCUR], -1),
        .changed_s = count(cells[COL_LASTCHG], -1),
        .active = count(cells[COL_ACT], -1),
        .backups = count(cells[COL_BCK], -1),
        .addr = or_empty(cells[COL_ADDR]),
        .sessions_max = count(cells[COL_SMAX], -1),
        .session_limit = limit(cells[COL_SLIM]),
        .sessions_total = count(cells[COL_STOT], -1),
        .queue = count(cells[COL_QCUR], -1),
        .queue_max = count(cells[COL_QMAX], -1),
        .queue_limit = limit(cells[COL_QLIMIT]),
        .rate = count(cells[COL_RATE], -1),
        .rate_max = count(cells[COL_RATE_MAX], -1),
        .weight = count(cells[COL_WEIGHT], -1),
        .last_session_s = count(cells[COL_LASTSESS], -1),
        .downtime_s = count(cells[COL_DOWNTIME], -1),
        .failed_checks = count(cells[COL_CHKFAIL], -1),
        .downs = count(cells[COL_CHKDOWN], -1),
        .connect_errors = count(cells[COL_ECON], -1),
        .mode = or_empty(cells[COL_MODE]),
        .agent_status = or_empty(cells[COL_AGENT_STATUS]),
        .admin = -1,
    };
}

/* One line into *r; *taken is false when it is of a type that is not ours. */
static enum status read_line(const char *const cells[COL_COUNT], int line, struct ha_row *r,
                             bool *taken, struct err *e)
{
    for (int i = COL_PXNAME; i <= COL_TYPE; i++)
        if (!cells[i])
            return err_set(e, ST_INVALID, "line %d of the CSV has no %s", line, names[i]);
    int64_t type = count(cells[COL_TYPE], -1);
    if (type < 0)
        return err_set(e, ST_INVALID, "line %d of the CSV has no type", line);
    *taken = type <= HA_LISTENER;
    if (*taken)
        read_row(cells, type, r);
    return ST_OK;
}

static int count_lines(const struct input *in)
{
    int n = 0;
    for (const char *s = in->s; n <= MAX_ROWS && !haproxy_states_begin(s, in->end) &&
                                (s = memchr(s, '\n', (size_t)(in->end - s)));
         s++)
        n++;
    return n;
}

static enum status read_rows(struct arena *a, struct input *in, const struct layout *l,
                             struct ha_stats *stats, struct err *e)
{
    enum status st = ST_OK;
    int room = count_lines(in);
    if (room > MAX_ROWS)
        return err_set(e, ST_INVALID, "absurd: more than %d rows", MAX_ROWS);
    struct ha_row *v = arena_array(a, (size_t)room, struct ha_row);
    struct buf field;
    buf_init(&field);
    for (int line = 2; !st && in->s < in->end && !haproxy_states_begin(in->s, in->end); line++) {
        const char *cells[COL_COUNT];
        bool taken = false;
        if (*in->s == '\n') { /* the runtime socket ends with an empty line */
            in->s++;
            continue;
        }
        /* Within quotes a line may look like the one that ends the table. */
        if (stats->n == room)
            st = err_set(e, ST_INVALID, "line %d of the CSV stands where it had ended", line);
        else if (read_cells(a, in, l, &field, cells))
            st = read_line(cells, line, &v[stats->n], &taken, e);
        else
            st = err_set(e, ST_INVALID, "the CSV is cut off in line %d", line);
        stats->n += taken;
    }
    buf_release(&field);
    stats->v = v;
    if (!st)
        haproxy_states_read(in->s, in->end, v, stats->n);
    return st;
}

enum status wire_haproxy_csv(const char *body, size_t n, struct facts **out, struct err *e)
{
    struct input in = {body ? body : "", (body ? body : "") + (body ? n : 0)};
    struct layout l = {0};
    enum status st = read_header(&in, &l, e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct ha_stats *stats = arena_new(&f->arena, struct ha_stats);
    f->root = stats;
    st = read_rows(&f->arena, &in, &l, stats, e);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}
