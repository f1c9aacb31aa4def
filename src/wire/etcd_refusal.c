/* What etcd does not do, and why; and the token that makes it do it. Reference: "patroni.md" §5.5,
 * §5.6. */
#include "etcd.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/utf8.h"

/* gRPC's codes. */
enum {
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNAVAILABLE = 14,
    GRPC_UNAUTHENTICATED = 16
};

/* Words first: the codes say less, and HTTP's status least. The first row that fits tells. */
static const struct words_row {
    const char *words;
    enum etcd_refusal refusal;
} by_words[] = {
    {"CommonName of client", ETCD_CN_REFUSED},
    {"user name is empty", ETCD_NEEDS_LOGIN},
    {"auth store is old", ETCD_NEEDS_LOGIN},
    {"invalid auth token", ETCD_NEEDS_LOGIN},
    {"invalid user ID or password", ETCD_LOGIN_WRONG},
    {"authentication is not enabled", ETCD_NO_AUTH},
    {"permission denied", ETCD_DENIED},
    {"PermissionDenied", ETCD_DENIED},
    {"has been compacted", ETCD_COMPACTED},
    {"is a future revision", ETCD_COMPACTED},
    {"no leader", ETCD_UNAVAILABLE},
    {"leader changed", ETCD_UNAVAILABLE},
    {"timed out", ETCD_UNAVAILABLE},
    {"deadline exceeded", ETCD_UNAVAILABLE},
};

static const struct code_row {
    int code;
    enum etcd_refusal refusal;
} by_code[] =
    {
        {GRPC_DEADLINE_EXCEEDED, ETCD_UNAVAILABLE},  {GRPC_PERMISSION_DENIED, ETCD_DENIED},
        {GRPC_RESOURCE_EXHAUSTED, ETCD_UNAVAILABLE}, /* too many requests: another has room */
        {GRPC_OUT_OF_RANGE, ETCD_COMPACTED},         {GRPC_UNAVAILABLE, ETCD_UNAVAILABLE},
        {GRPC_UNAUTHENTICATED, ETCD_NEEDS_LOGIN},
},
  by_http[] = {
      {401, ETCD_NEEDS_LOGIN}, {403, ETCD_DENIED},      {404, ETCD_NO_GATEWAY},
      {405, ETCD_NO_GATEWAY},  {429, ETCD_UNAVAILABLE}, {502, ETCD_UNAVAILABLE},
      {503, ETCD_UNAVAILABLE}, {504, ETCD_UNAVAILABLE},
};

static const char *const cures[] = {
    [ETCD_NOT_REFUSED] = "",
    [ETCD_NEEDS_LOGIN] = "etcd wants a user: set etcd.username and its password",
    [ETCD_LOGIN_WRONG] = "check etcd.username and its password",
    [ETCD_DENIED] = "the etcd user needs READ on the cluster's prefix",
    [ETCD_NO_AUTH] = "etcd has no authentication switched on: going on without",
    [ETCD_COMPACTED] = "reading all keys again",
    [ETCD_UNAVAILABLE] = "trying another endpoint",
    [ETCD_NO_GATEWAY] = "no JSON gateway there: switch enable-grpc-gateway on, or name etcd itself",
    [ETCD_CN_REFUSED] = "the gateway takes no client certificate with a CN: use one without",
    [ETCD_BROKEN] = "",
};
_Static_assert(sizeof cures / sizeof *cures == ETCD_BROKEN + 1, "one cure a refusal");

static enum etcd_refusal find_words(const char *words)
{
    for (size_t i = 0; i < sizeof by_words / sizeof *by_words; i++)
        if (strstr(words, by_words[i].words))
            return by_words[i].refusal;
    return ETCD_NOT_REFUSED;
}

static enum etcd_refusal find_code(const struct code_row *rows, size_t n, int code)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].code == code)
            return rows[i].refusal;
    return ETCD_NOT_REFUSED;
}

#define FIND_CODE(rows, code) find_code((rows), sizeof(rows) / sizeof *(rows), (code))

/* One line: its words as far as they fit, then the cure. */
static const char *explain(struct arena *a, const char *words, enum etcd_refusal refusal)
{
    const int most = 200; /* columns; a page of somebody else's is no explanation */
    const char *cure = cures[refusal];
    int used;
    size_t fit = utf8_fit(words, most, &used);
    const char *said = arena_printf(a, "%.*s%s", (int)fit, words, words[fit] ? "…" : "");
    if (!*said)
        return *cure ? cure : "etcd refuses and does not say why";
    return arena_printf(a, "%s%s%s%s", said, *cure ? " (" : "", cure, *cure ? ")" : "");
}

enum etcd_refusal wire_etcd_refusal_said(int grpc_code, const char *words, struct arena *a,
                                         const char **why)
{
    const char *clean = utf8_clean(a, words ? words : "", words ? strlen(words) : 0);
    enum etcd_refusal r = find_words(clean);
    if (!r)
        r = FIND_CODE(by_code, grpc_code);
    if (!r)
        r = ETCD_BROKEN;
    *why = explain(a, clean, r);
    return r;
}

/* What an error body says in either dialect; false when it is none. */
static bool read_error(const char *body, size_t n, struct arena *a, int *code, const char **words)
{
    enum { ENOUGH = 1000 }; /* values; errors are small */
    json_t *j = wire_json_load(body, n, ENOUGH, NULL);
    const char *message = wire_get_text(a, j, "message");
    if (!message)
        message = wire_get_text(a, j, "error"); /* 3.3 and before say only this */
    if (message) {
        int64_t v = wire_get_int(j, "code", 0, 0);
        *code = v <= 16 ? (int)v : 0;
        *words = message;
    }
    json_decref(j);
    return message != NULL;
}

/* What stands before the gateway speaks in plain text (of a client's CommonName). Only what we know
 * is worth showing: all else may be a page of somebody in between. */
static const char *known_words(const char *body, size_t n, struct arena *a)
{
    enum { MOST = 400 };
    const char *words;
    while (n && (body[n - 1] == '\n' || body[n - 1] == '\r'))
        n--;
    if (!n || n > MOST || memchr(body, '<', n))
        return NULL;
    words = utf8_clean(a, body, n);
    return find_words(words) ? words : NULL;
}

enum etcd_refusal wire_etcd_refusal(int http_status, const char *body, size_t n, struct arena *a,
                                    const char **why)
{
    int code = 0;
    const char *words = NULL;
    *why = "";
    if (http_status >= 200 && http_status < 300)
        return ETCD_NOT_REFUSED;
    bool is_error = read_error(body, n, a, &code, &words);
    if (!is_error)
        words = known_words(body, n, a);
    if (!words)
        words = arena_printf(a, "HTTP %d", http_status);
    enum etcd_refusal r = find_words(words);
    if (!r)
        r = FIND_CODE(by_code, code);
    /* A code that is known says that etcd itself answered, and 404 then means something that is not
     * there; but 3.6 says of a path that is not there "Not Found", with a code. */
    if (!r && (!is_error || !code || strcmp(words, "Not Found") == 0))
        r = FIND_CODE(by_http, http_status);
    if (!r)
        r = ETCD_BROKEN;
    *why = explain(a, words, r);
    return r;
}

/* It goes into a header of every request: a line end in it would be a header of its own. */
static bool is_header_text(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return n > 0;
}

enum status wire_etcd_token(const char *body, size_t n, char **token, struct err *e)
{
    enum { ENOUGH = 1000, LONGEST = 16384 };
    json_t *j = wire_json_load(body, n, ENOUGH, e);
    if (!j)
        return ST_INVALID;
    const json_t *t = json_object_get(j, "token");
    enum status st = wire_json_expect(j, JSON_OBJECT, "an object with \"token\"", e);
    if (!st)
        st = wire_json_expect(t, JSON_STRING, "a text in \"token\"", e);
    if (!st && (json_string_length(t) > LONGEST ||
                !is_header_text(json_string_value(t), json_string_length(t))))
        st = err_set(e, ST_INVALID, "the token is nothing that a header can hold");
    if (!st)
        *token = xstrdup(json_string_value(t));
    json_decref(j);
    return st;
}
