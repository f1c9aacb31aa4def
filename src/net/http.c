/*
 * net/http.c: the life of a request: its names are resolved, it runs in libcurl's multi handle on
 * our loop, its end is told, once.
 */
#include "pgdba/net/http.h"

#include <signal.h>
#include <stdlib.h>

#include "http_priv.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "priv.h"

struct net_http {
    struct net_loop *loop;
    struct net_resolver *resolver;
    CURLM *multi;
    struct net_timer *timer; /* libcurl's deadline */
    struct net_timer *later; /* tells of ends that came without a turn of the loop */
    struct net_http_call *live, *ended;
    bool *gone; /* set when freed from within a callback */
};

/* Calls */

static void call_link(struct net_http_call **list, struct net_http_call *c)
{
    c->prev = NULL;
    c->next = *list;
    if (c->next)
        c->next->prev = c;
    *list = c;
}

static void call_unlink(struct net_http_call *c)
{
    struct net_http *h = c->http;

    if (c->prev)
        c->prev->next = c->next;
    else if (h->live == c)
        h->live = c->next;
    else
        h->ended = c->next;
    if (c->next)
        c->next->prev = c->prev;
}

/* Ends what runs for the call and forgets its secrets, which only libcurl has. */
static void call_quiet(struct net_http_call *c)
{
    net_lookup_cancel(c->lookup);
    c->lookup = NULL;
    if (c->running)
        curl_multi_remove_handle(c->http->multi, c->easy);
    c->running = false;
    curl_easy_cleanup(c->easy);
    c->easy = NULL;
    curl_slist_free_all(c->headers);
    c->headers = NULL;
}

static void call_free(struct net_http_call *c)
{
    curl_slist_free_all(c->addresses);
    curl_slist_free_all(c->connect_to);
    for (int i = 0; i < c->ntargets; i++)
        free(c->target[i].host);
    buf_release(&c->body);
    free(c->label);
    free(c->date);
    free(c->content_type);
    free(c->detail);
    free(c);
}

/* The outcome is in the call; its callback follows from deliver(). */
static void call_ended(struct net_http_call *c)
{
    c->ended_us = clock_mono(net_loop_clock(c->http->loop));
    call_quiet(c);
    call_unlink(c);
    call_link(&c->http->ended, c);
}

static void call_tell(struct net_http_call *c)
{
    bool whole = c->outcome == NET_ANSWERED && !c->streams;
    struct net_http_reply reply = {
        .outcome = c->outcome,
        .status = c->status,
        .body = whole ? c->body.s : "",
        .body_len = whole ? c->body.len : 0,
        .date = c->date ? c->date : "",
        .content_type = c->content_type ? c->content_type : "",
        .latency_us = c->ended_us - c->started_us,
        .sent = c->sent,
        .detail = c->detail,
    };

    call_unlink(c);
    c->delivering = true;
    c->fn(c->arg, &reply);
    call_free(c);
}

/* ---- pieces of streams. They are handed on outside libcurl, which forbids to cancel a request
 * from within its own callbacks. */

static struct net_http_call *call_with_piece(struct net_http *h)
{
    for (struct net_http_call *c = h->live; c; c = c->next)
        if (c->streams && c->body.len > 0)
            return c;
    return NULL;
}

/* May free c, and even its http. */
static void call_piece(struct net_http_call *c)
{
    struct buf piece = c->body;

    buf_init(&c->body);
    c->data(c->arg, piece.s, piece.len);
    buf_release(&piece);
}

static void pieces(struct net_http *h)
{
    bool gone = false, *outer = h->gone;
    struct net_http_call *c;

    h->gone = &gone; /* cppcheck-suppress autoVariables ; taken back below, unless h is gone */
    while (!gone && (c = call_with_piece(h)) != NULL)
        call_piece(c);
    if (!gone)
        h->gone = outer;
    else if (outer)
        *outer = true;
}

/* A callback may send, cancel, and even free h. */
static void deliver(struct net_http *h)
{
    bool gone = false, *outer = h->gone;

    h->gone = &gone; /* cppcheck-suppress autoVariables ; taken back below, unless h is gone */
    while (!gone && h->ended)
        call_tell(h->ended);
    if (!gone)
        h->gone = outer;
    else if (outer)
        *outer = true;
}

static void deliver_later(void *arg)
{
    deliver(arg);
}

/* libcurl on the loop */

static void drain(struct net_http *h)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(h->multi, &left))) {
        struct net_http_call *c = NULL;
        CURLcode code = m->data.result;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        http_outcome(c, code);
        call_ended(c);
    }
    deliver(h);
}

static void curl_act(struct net_http *h, curl_socket_t fd, int what)
{
    bool gone = false, *outer = h->gone;
    int running;

    curl_multi_socket_action(h->multi, fd, what, &running);
    h->gone = &gone; /* cppcheck-suppress autoVariables ; taken back below, unless h is gone */
    pieces(h);
    if (gone) {
        if (outer)
            *outer = true;
        return;
    }
    h->gone = outer;
    drain(h);
}

static void timer_fired(void *arg)
{
    curl_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* Only notes the deadline: calling back into libcurl from here recurses. */
static int timer_wanted(CURLM *multi, long ms, void *arg)
{
    struct net_http *h = arg;

    (void)multi;
    if (ms < 0)
        net_timer_stop(h->timer);
    else
        net_timer_start(h->timer, ms * USEC_PER_MS, 0);
    return 0;
}

struct sock {
    struct net_http *http;
    curl_socket_t fd;
    struct net_watch *watch;
};

static void sock_ready(void *arg, int events)
{
    struct sock *s = arg;
    int what = 0;

    if (events & NET_READ)
        what |= CURL_CSELECT_IN;
    if (events & NET_WRITE)
        what |= CURL_CSELECT_OUT;
    curl_act(s->http, s->fd, what); /* may free s */
}

static int sock_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *sockarg)
{
    struct net_http *h = arg;
    struct sock *s = sockarg;
    int events = (what & CURL_POLL_IN ? NET_READ : 0) | (what & CURL_POLL_OUT ? NET_WRITE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            net_watch_free(s->watch);
        free(s);
        return 0;
    }
    if (s) {
        net_watch_set(s->watch, events);
        return 0;
    }
    s = xcalloc(1, sizeof *s);
    s->http = h;
    s->fd = fd;
    s->watch = net_watch_new(h->loop, fd, events, sock_ready, s);
    curl_multi_assign(h->multi, fd, s);
    return 0;
}

/* Starting */

static long ms_left(const struct net_http_call *c, int64_t whole_us, int64_t now_us)
{
    if (whole_us == NET_NO_TIMEOUT)
        return 0; /* libcurl's word for that */
    int64_t left = (whole_us - (now_us - c->started_us)) / USEC_PER_MS;

    return left > 0 ? (long)left : 1; /* 0 would mean "no limit" to libcurl */
}

static void call_run(struct net_http_call *c)
{
    int64_t now = clock_mono(net_loop_clock(c->http->loop));

    curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->addresses);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, ms_left(c, c->connect_timeout_us, now));
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, ms_left(c, c->timeout_us, now));
    c->running = true;
    if (curl_multi_add_handle(c->http->multi, c->easy) != CURLM_OK)
        abort();
}

static void call_resolve(struct net_http_call *c);

static void call_resolved(void *arg, int n, const char *const *addresses, const char *why)
{
    struct net_http_call *c = arg;
    struct net_http *h = c->http;
    struct curl_slist *before = c->addresses;

    c->lookup = NULL;
    if (n > 0)
        http_setup_addresses(c, &c->target[c->resolved], n, addresses);
    if (n == 0 || (!before && !c->addresses)) {
        http_outcome_early(c, NET_REFUSED, n == 0 ? why : "name not resolved: no usable address");
        call_ended(c);
        deliver(h);
        return;
    }
    c->resolved++;
    call_resolve(c);
}

static void call_resolve(struct net_http_call *c)
{
    struct net_http *h = c->http;
    int64_t spent = clock_mono(net_loop_clock(h->loop)) - c->started_us;
    int64_t left = c->connect_timeout_us - spent;

    if (c->resolved == c->ntargets) {
        call_run(c);
        return;
    }
    c->lookup = net_resolve(h->resolver, c->target[c->resolved].host, left > 0 ? left : 0,
                            call_resolved, c);
}

struct net_http_call *net_http_send(struct net_http *h, const struct net_http_request *req,
                                    net_http_fn *fn, void *arg)
{
    struct net_http_call *c = xcalloc(1, sizeof *c);
    struct err e = ERR_INIT;

    c->http = h;
    c->fn = fn;
    c->arg = arg;
    c->started_us = clock_mono(net_loop_clock(h->loop));
    buf_init(&c->body);
    call_link(&h->live, c);
    if (http_setup(c, req, &e) == ST_OK) {
        call_resolve(c);
    } else {
        http_outcome_early(c, NET_REFUSED, err_text(&e));
        call_ended(c);
        net_timer_start(h->later, 0, 0);
    }
    err_release(&e);
    return c;
}

void net_http_cancel(struct net_http_call *c)
{
    if (!c || c->delivering)
        return;
    if (c->easy)
        call_quiet(c);
    call_unlink(c);
    call_free(c);
}

struct net_http *net_http_new(struct net_loop *l, struct net_resolver *r)
{
    struct net_http *h = xcalloc(1, sizeof *h);
    struct sigaction sa;

    /* With NOSIGNAL libcurl leaves SIGPIPE to us, and OpenSSL writes without MSG_NOSIGNAL. */
    if (sigaction(SIGPIPE, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init()))
        abort();
    h->loop = l;
    h->resolver = r;
    h->timer = net_timer_new(l, timer_fired, h);
    h->later = net_timer_new(l, deliver_later, h);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, sock_wanted);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    return h;
}

void net_http_free(struct net_http *h)
{
    if (!h)
        return;
    while (h->live)
        net_http_cancel(h->live); /* NOLINT(clang-analyzer-unix.Malloc): it leaves the list */
    while (h->ended)
        net_http_cancel(h->ended); /* NOLINT(clang-analyzer-unix.Malloc): it leaves the list */
    curl_multi_cleanup(h->multi);
    curl_global_cleanup();
    net_timer_free(h->timer);
    net_timer_free(h->later);
    if (h->gone)
        *h->gone = true;
    free(h);
}
