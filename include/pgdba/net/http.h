/*
 * net/http.h: HTTP requests on the loop (libcurl multi-socket). Knows nothing of clusters.
 *
 * Every request is its own connection, closed at once when done, unless it says keep (Patroni
 * answers HTTP/1.0 and a kept connection occupies one of its few handlers: reference "patroni.md"
 * §0.4, §7.1). No proxy
 * from the environment: only the one given. Redirects are not followed. Names are resolved by
 * net/resolve: libcurl's own resolver is never used, because cancelling a request would wait for
 * it.
 */
#ifndef PGDBA_NET_HTTP_H
#define PGDBA_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_loop;
struct net_resolver;
struct net_http;
struct net_http_call;

enum net_outcome {
    NET_ANSWERED, /* a complete HTTP response, whatever its status */
    NET_REFUSED,  /* refused, no route, name not resolved */
    NET_TIMED_OUT,
    NET_TLS,          /* handshake, certificate */
    NET_UNAUTHORISED, /* pg: authentication failed. HTTP 401 is NET_ANSWERED with its status */
    NET_GARBLED       /* empty reply, over the cap, protocol error */
};

struct net_tls {
    const char *cacert, *cert, *key; /* files, NULL: system store, none */
    const char *key_password;
    bool insecure;
};

/* data is not NUL-terminated and valid during the call; may cancel its own request. arg is the
 * request's. The first call for a stream may have n == 0: the headers are here, status is 200. */
typedef void net_http_data_fn(void *arg, const char *data, size_t n);

struct net_http_request {
    const char *method; /* "GET", "POST", "PATCH", "DELETE" */
    const char *url;
    const char *body;            /* NULL: none; for POST without a body Content-Length: 0 is sent */
    const char *content_type;    /* NULL: application/json when there is a body */
    const char *const *headers;  /* "Name: value", NULL-terminated; NULL: none */
    const char *user, *password; /* Basic, sent at once; NULL: none */
    struct net_tls tls;
    const char *proxy;        /* NULL: none */
    const char *connect_host; /* reach the URL's host:port there instead (TLS name stays); NULL */
    int connect_port;
    int64_t connect_timeout_us; /* 0: 2 s */
    int64_t timeout_us;         /* whole request; 0: 5 s */
    size_t max_body;            /* bytes; 0: 8 MiB */
    /* The connection may be kept and used again for a request to the same place (etcd, HAProxy;
     * never Patroni). */
    bool keep;
    /* A stream: each piece of the body goes to data as it comes (nothing is collected, body of the
     * reply is ""), only while the status is 200: else the body is collected as usual. timeout_us
     * NET_NO_TIMEOUT: it may last for ever (the connecting may not). TCP keepalive is on. */
    net_http_data_fn *data;
};

#define NET_NO_TIMEOUT INT64_MAX

struct net_http_reply {
    enum net_outcome outcome;
    int status;       /* HTTP status, 0 when none */
    const char *body; /* NUL-terminated for convenience; "" unless NET_ANSWERED */
    size_t body_len;
    const char *date;         /* Date header, "" */
    const char *content_type; /* "" */
    int64_t latency_us;       /* from send to end */
    bool sent;                /* the request may have left, at least partly: matters for POST */
    const char *detail;       /* one line for people: "connection refused by 127.0.0.1:8008" */
};

/* Sets SIGPIPE to be ignored where its disposition is the default: TLS writes would raise it. */
struct net_http *net_http_new(struct net_loop *l, struct net_resolver *r);
void net_http_free(struct net_http *h); /* cancels all, no callbacks; also from a callback */

/* Everything in req is copied; user and password live on in libcurl's handle until the end only.
 * The callback comes exactly once, later, never from within the call; the reply is valid during it.
 */
typedef void net_http_fn(void *arg, const struct net_http_reply *reply);
struct net_http_call *net_http_send(struct net_http *h, const struct net_http_request *req,
                                    net_http_fn *fn, void *arg);
void net_http_cancel(struct net_http_call *c); /* no callback after this; NULL is allowed */

#endif
