#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* jansson's own text quotes the body; these words do not. */
static enum status not_json(const char *body, size_t n, const json_error_t *je, struct err *e)
{
    size_t first = 0;
    while (first < n && is_blank(body[first]))
        first++;
    if (first == n)
        return err_set(e, ST_INVALID, "expected JSON, got an empty body");
    if (body[first] == '<')
        return err_set(e, ST_INVALID, "expected JSON, got an HTML page");
    enum json_error_code code = json_error_code(je);
    if (code == json_error_premature_end_of_input)
        return err_set(e, ST_INVALID, "the JSON is cut off at byte %zu", n);
    const char *what = code == json_error_stack_overflow     ? "it is nested too deeply"
                       : code == json_error_numeric_overflow ? "a number is out of range"
                       : code == json_error_invalid_utf8     ? "a text is not UTF-8"
                                                             : "this is not JSON";
    return err_set(e, ST_INVALID, "bad JSON at byte %d: %s", je->position, what);
}

/* Roughly: every value is opened by one of these or stands after a comma. */
static bool has_more_values(const char *body, size_t n, size_t max)
{
    bool in_text = false;
    for (size_t i = 0, count = 0; i < n; i++) {
        char c = body[i];
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == ',' || c == '[' || c == '{') && ++count > max)
            return true;
    }
    return false;
}

json_t *wire_json_load(const char *body, size_t n, size_t max_values, struct err *e)
{
    json_error_t je;
    if (!body) {
        body = "";
        n = 0;
    }
    if (has_more_values(body, n, max_values)) {
        err_set(e, ST_INVALID, "absurd: more than %zu values in %zu bytes", max_values, n);
        return NULL;
    }
    json_t *j = json_loadb(body, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
    if (!j)
        not_json(body, n, &je, e);
    return j;
}

enum status wire_json_expect(const json_t *j, json_type type, const char *expected, struct err *e)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",   [JSON_STRING] = "a text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
        [JSON_FALSE] = "a boolean",  [JSON_NULL] = "only null",
    };
    if (j && json_typeof(j) == type)
        return ST_OK;
    return err_set(e, ST_INVALID, "expected %s, got %s", expected,
                   j ? names[json_typeof(j)] : "nothing");
}

char *wire_json_text(struct arena *a, const json_t *j)
{
    return json_is_string(j) ? utf8_clean(a, json_string_value(j), json_string_length(j)) : NULL;
}

char *wire_json_scalar(struct arena *a, const json_t *j)
{
    if (json_is_boolean(j))
        return arena_strdup(a, json_is_true(j) ? "true" : "false");
    if (json_is_integer(j))
        return arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
    if (json_is_real(j))
        return arena_printf(a, "%.15g", json_real_value(j));
    return wire_json_text(a, j);
}

bool wire_json_number(const json_t *j, int64_t *v)
{
    if (json_is_integer(j)) {
        *v = json_integer_value(j);
        return true;
    }
    if (json_is_real(j)) {
        double d = json_real_value(j);
        if (d != floor(d) || fabs(d) >= 9007199254740992.0) /* 2^53: above it, digits are lost */
            return false;
        *v = (int64_t)d;
        return true;
    }
    return json_is_string(j) && fmt_parse_int(json_string_value(j), v);
}

bool wire_json_boolean(const json_t *j, bool *v)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true},   {"on", true},   {"yes", true}, {"1", true},
                 {"false", false}, {"off", false}, {"no", false}, {"0", false}};
    if (json_is_boolean(j)) {
        *v = json_is_true(j);
        return true;
    }
    int64_t i;
    if (json_is_integer(j) && wire_json_number(j, &i) && (i == 0 || i == 1)) {
        *v = i == 1;
        return true;
    }
    for (size_t k = 0; json_is_string(j) && k < sizeof words / sizeof *words; k++) {
        if (strcasecmp(json_string_value(j), words[k].word) == 0) {
            *v = words[k].value;
            return true;
        }
    }
    return false;
}

bool wire_json_truthy(const json_t *j)
{
    switch (j ? json_typeof(j) : JSON_NULL) {
    case JSON_TRUE:
        return true;
    case JSON_INTEGER:
        return json_integer_value(j) != 0;
    case JSON_REAL:
        return json_real_value(j) != 0;
    case JSON_STRING:
        return json_string_length(j) > 0;
    case JSON_OBJECT:
        return json_object_size(j) > 0;
    case JSON_ARRAY:
        return json_array_size(j) > 0;
    default:
        return false;
    }
}

char *wire_get_text(struct arena *a, const json_t *o, const char *key)
{
    return wire_json_text(a, json_object_get(o, key));
}

const char *wire_get_words(struct arena *a, const json_t *o, const char *key)
{
    const char *s = wire_get_text(a, o, key);
    return s ? s : "";
}

int64_t wire_get_int(const json_t *o, const char *key, int64_t min, int64_t unknown)
{
    int64_t v;
    return wire_json_number(json_object_get(o, key), &v) && v >= min ? v : unknown;
}

bool wire_get_flag(const json_t *o, const char *key)
{
    bool v = false;
    return wire_json_boolean(json_object_get(o, key), &v) && v;
}

json_t *wire_json_string(const char *s, size_t n)
{
    json_t *j = json_stringn(s, n);
    if (j)
        return j;
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        i += utf8_decode(s + i, n - i, &cp);
        utf8_append(&b, cp);
    }
    j = json_stringn(b.s, b.len);
    buf_release(&b);
    if (!j)
        abort(); /* valid UTF-8: only memory can be missing */
    return j;
}
