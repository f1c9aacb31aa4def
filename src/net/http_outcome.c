/*
 * net/http_outcome.c: how a request ended, in our six words and one line for people. The mapping is
 * that of reference "patroni.md" §7.2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_priv.h"
#include "pgdba/base/arena.h"
#include "pgdba/base/utf8.h"
#include "priv.h"

/* What is not listed is a protocol error: NET_GARBLED. */
static const struct {
    CURLcode code;
    enum net_outcome outcome;
} outcomes[] = {
    {CURLE_COULDNT_RESOLVE_PROXY, NET_REFUSED},
    {CURLE_COULDNT_RESOLVE_HOST, NET_REFUSED},
    {CURLE_COULDNT_CONNECT, NET_REFUSED},
    {CURLE_PROXY, NET_REFUSED},
    {CURLE_INTERFACE_FAILED, NET_REFUSED},
    {CURLE_OPERATION_TIMEDOUT, NET_TIMED_OUT},
    {CURLE_SSL_CONNECT_ERROR, NET_TLS},
    {CURLE_SSL_ENGINE_NOTFOUND, NET_TLS},
    {CURLE_SSL_ENGINE_SETFAILED, NET_TLS},
    {CURLE_SSL_CERTPROBLEM, NET_TLS},
    {CURLE_SSL_CIPHER, NET_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, NET_TLS},
    {CURLE_USE_SSL_FAILED, NET_TLS},
    {CURLE_SSL_ENGINE_INITFAILED, NET_TLS},
    {CURLE_SSL_CACERT_BADFILE, NET_TLS},
    {CURLE_SSL_CRL_BADFILE, NET_TLS},
    {CURLE_SSL_ISSUER_ERROR, NET_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, NET_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, NET_TLS},
    {CURLE_SSL_CLIENTCERT, NET_TLS},
};

/* Patroni's replies end with the connection, and over TLS its server hangs up without the alert
 * that OpenSSL 3 wants: some libcurls call that a receive error (7.81 does). Whether the body is
 * whole is then for its parser to say. */
static bool ends_by_closing(const struct net_http_call *c, CURLcode code)
{
    curl_off_t announced = 0;

    if (code != CURLE_RECV_ERROR || !c->tls || c->status == 0)
        return false;
    (void)curl_easy_getinfo(c->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    return announced < 0;
}

static enum net_outcome outcome_of(const struct net_http_call *c, CURLcode code)
{
    if (code == CURLE_OK || ends_by_closing(c, code))
        return NET_ANSWERED;
    /* A server that wants a client certificate says so by an alert after our handshake is done, or
     * just hangs up. */
    if (c->tls && c->status == 0 && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR))
        return NET_TLS;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].code == code)
            return outcomes[i].outcome;
    return NET_GARBLED;
}

static int64_t info_time(struct net_http_call *c, CURLINFO what)
{
    curl_off_t us = 0;

    (void)curl_easy_getinfo(c->easy, what, &us);
    return us;
}

static char *say_refused(struct net_http_call *c)
{
    long os = 0;

    (void)curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os);
    switch (os) {
    case ECONNREFUSED:
        return xasprintf("connection refused by %s", c->label);
    case EHOSTUNREACH:
    case ENETUNREACH:
        return xasprintf("no route to %s", c->label);
    case 0:
        return xasprintf("cannot connect to %s: %s", c->label, c->curl_says);
    default:
        return xasprintf("cannot connect to %s: %s", c->label, strerror((int)os));
    }
}

static char *say_timed_out(struct net_http_call *c)
{
    char whole[32], connect[32];

    net_seconds(whole, sizeof whole, c->timeout_us);
    net_seconds(connect, sizeof connect, c->connect_timeout_us);
    if (info_time(c, CURLINFO_CONNECT_TIME_T) == 0 && !c->sent) /* a kept one takes no time */
        return xasprintf("no connection to %s within %s", c->label, connect);
    if (c->tls && info_time(c, CURLINFO_APPCONNECT_TIME_T) == 0)
        return xasprintf("TLS handshake with %s not finished within %s", c->label, connect);
    if (c->status == 0)
        return xasprintf("no answer from %s within %s", c->label, whole);
    return xasprintf("reply from %s not finished within %s", c->label, whole);
}

static char *say_over(const struct net_http_call *c)
{
    const size_t mib = 1048576;

    if (c->max_body % mib == 0)
        return xasprintf("reply from %s is over %zu MiB", c->label, c->max_body / mib);
    return xasprintf("reply from %s is over %zu bytes", c->label, c->max_body);
}

static char *say(struct net_http_call *c, CURLcode code)
{
    const char *curl = *c->curl_says ? c->curl_says : curl_easy_strerror(code);

    if (c->over)
        return say_over(c);
    switch (code) {
    case CURLE_OK:
        return xstrdup("");
    case CURLE_COULDNT_CONNECT:
        return say_refused(c);
    case CURLE_OPERATION_TIMEDOUT:
        return say_timed_out(c);
    case CURLE_GOT_NOTHING:
        return xasprintf("empty reply from %s", c->label);
    case CURLE_PARTIAL_FILE:
        return xasprintf("reply from %s cut short after %zu bytes", c->label, c->body.len);
    default:
        return xasprintf("%s: %s", c->label, curl);
    }
}

/* libcurl's words can carry a certificate's. */
static char *cleaned(char *text)
{
    struct arena a;
    char *out;

    arena_init(&a);
    out = xstrdup(utf8_clean(&a, text, strlen(text)));
    arena_release(&a);
    free(text);
    return out;
}

/* Errs on the side of "yes": a POST wrongly held for unsent would be sent a second time. */
static bool was_sent(struct net_http_call *c)
{
    long bytes = 0;

    (void)curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0 || c->status != 0 || info_time(c, CURLINFO_PRETRANSFER_TIME_T) > 0;
}

void http_outcome(struct net_http_call *c, CURLcode code)
{
    long status = 0;

    (void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    c->status = (int)status;
    c->sent = was_sent(c);
    c->outcome = outcome_of(c, code);
    c->detail = cleaned(say(c, code));
}

void http_outcome_early(struct net_http_call *c, enum net_outcome outcome, const char *why)
{
    c->outcome = outcome;
    c->detail = cleaned(xstrdup(why));
}
