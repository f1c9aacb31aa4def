/*
 * net/http_priv.h: one HTTP request in flight, for the three files that make it up: http.c (life),
 * http_setup.c (what is sent and where to), http_outcome.c (how it ended).
 */
#ifndef PGDBA_NET_HTTP_PRIV_H
#define PGDBA_NET_HTTP_PRIV_H

#include <curl/curl.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/net/http.h"

struct net_lookup;

/* A name that must be resolved before libcurl sees the request. */
struct http_target {
    char *host;
    int port;
};

enum { HTTP_TARGETS = 2 }; /* a SOCKS proxy that resolves here, and the server */

struct net_http_call {
    struct net_http_call *prev, *next; /* in the list of its http */
    struct net_http *http;
    net_http_fn *fn;
    net_http_data_fn *data; /* NULL: no stream */
    void *arg;

    CURL *easy;
    struct curl_slist *headers, *addresses, *connect_to;
    bool running;    /* in the multi handle */
    bool delivering; /* its callback runs */
    struct net_lookup *lookup;
    struct http_target target[HTTP_TARGETS];
    int ntargets, resolved;
    bool tls;
    char *label; /* "host:port" as people should read it */
    int64_t started_us, connect_timeout_us, timeout_us;
    size_t max_body;

    struct buf body; /* of a stream: what came and was not handed on yet */
    bool over;       /* more than max_body came */
    bool streams;    /* status 200: body is handed on in pieces */
    bool keep;       /* its connection may serve another request */
    char *date, *content_type;
    char curl_says[CURL_ERROR_SIZE];

    enum net_outcome outcome;
    int status;
    bool sent;
    int64_t ended_us;
    char *detail;
};

/* Makes c->easy from req, all of it copied; ST_INVALID when nothing can be sent. */
enum status http_setup(struct net_http_call *c, const struct net_http_request *req, struct err *e);
/* Tells libcurl the addresses of a target, in the form of CURLOPT_RESOLVE. */
void http_setup_addresses(struct net_http_call *c, const struct http_target *t, int n,
                          const char *const *addresses);

/* Reads what libcurl knows at the end and fills outcome, status, sent, detail. */
void http_outcome(struct net_http_call *c, CURLcode code);
/* The same for an end that libcurl never saw. */
void http_outcome_early(struct net_http_call *c, enum net_outcome outcome, const char *why);

#endif
