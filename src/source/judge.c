#include "judge.h"

#include <string.h>

#define N_OUTCOMES (NET_GARBLED + 1)

enum obs_outcome judge_net(enum net_outcome o)
{
    static const enum obs_outcome map[] = {
        [NET_ANSWERED] = OBS_ANSWERED,         [NET_REFUSED] = OBS_REFUSED,
        [NET_TIMED_OUT] = OBS_TIMED_OUT,       [NET_TLS] = OBS_TLS,
        [NET_UNAUTHORISED] = OBS_UNAUTHORISED, [NET_GARBLED] = OBS_GARBLED,
    };
    _Static_assert(sizeof(map) / sizeof(map[0]) == N_OUTCOMES, "an outcome is missing");

    return (unsigned)o < N_OUTCOMES ? map[o] : OBS_GARBLED;
}

static bool looks_like_json(const struct net_http_reply *r)
{
    for (size_t i = 0; i < r->body_len; i++)
        if (strchr(" \t\r\n", r->body[i]) == NULL)
            return r->body[i] == '{' || r->body[i] == '[';
    return false;
}

static bool is_empty_reply(const struct net_http_reply *r)
{
    return r->outcome == NET_GARBLED && r->status == 0 && r->body_len == 0 &&
           strstr(r->detail, "empty reply") != NULL;
}

static bool status_answers(enum obs_kind kind, int status)
{
    return status == 200 ||
           (status == 503 && (kind == OBS_PATRONI_HEALTH || kind == OBS_PATRONI_LIVENESS));
}

enum obs_outcome judge_reply(enum obs_kind kind, const struct net_http_reply *r, struct buf *detail)
{
    buf_clear(detail);
    if (r->outcome != NET_ANSWERED) {
        if (is_empty_reply(r) && kind != OBS_PATRONI_HEALTH && kind != OBS_PATRONI_LIVENESS)
            buf_puts(detail, "empty reply: Patroni does this when it cannot reach its DCS");
        else
            buf_puts(detail, r->detail);
        return judge_net(r->outcome);
    }
    if (r->status == 401 || r->status == 403) {
        buf_addf(detail, "HTTP %d: %s", r->status,
                 r->status == 401 ? "asks for a user name and password" : "access is denied");
        return OBS_UNAUTHORISED;
    }
    if (kind == OBS_PATRONI_LIVENESS && status_answers(kind, r->status)) {
        if (r->status != 200)
            buf_puts(detail, "HTTP 503: Patroni's own loop is late");
        return OBS_ANSWERED;
    }
    if (!looks_like_json(r)) {
        buf_addf(detail, "HTTP %d with %s instead of JSON", r->status,
                 r->body_len == 0 ? "an empty body" : "a web page");
        return OBS_GARBLED;
    }
    if (!status_answers(kind, r->status)) {
        buf_addf(detail, "HTTP %d", r->status);
        return OBS_GARBLED;
    }
    return OBS_ANSWERED;
}
