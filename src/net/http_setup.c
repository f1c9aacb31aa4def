/*
 * net/http_setup.c: a request as libcurl wants it.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http_priv.h"
#include "pgdba/base/clock.h"
#include "priv.h"

#define SET(c, option, value) (void)curl_easy_setopt((c)->easy, (option), (value))

enum { BUFFER_BYTES = 8 * 1024 };

/* A stream whose peer has vanished is noticed after 20 s; the system's own count makes it minutes.
 */
enum { KEEPALIVE_S = 5, KEEPALIVES = 3 };

/* An error page is no stream: it is collected, so that it can be read as a whole. */
static void note_stream(struct net_http_call *c)
{
    long status = 0;

    if (c->data && !c->streams)
        c->streams = curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
                     status == 200;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct net_http_call *c = arg;

    (void)size; /* 1 */
    note_stream(c);
    if (n > c->max_body - c->body.len) {
        c->over = true;
        return 0;
    }
    buf_add(&c->body, data, n);
    return n;
}

static bool take_value(char **out, const char *name, const char *line, size_t n)
{
    size_t len = strlen(name);

    if (n <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
        return false;
    line += len + 1;
    n -= len + 1;
    while (n > 0 && strchr(" \t", *line)) {
        line++;
        n--;
    }
    while (n > 0 && strchr(" \t\r\n", line[n - 1]))
        n--;
    free(*out);
    *out = xstrndup(line, n);
    return true;
}

static size_t take_header(char *line, size_t size, size_t n, void *arg)
{
    struct net_http_call *c = arg;

    (void)size;
    if (!take_value(&c->date, "Date", line, n))
        (void)take_value(&c->content_type, "Content-Type", line, n);
    return n;
}

/* A child process (the password command) that inherited the socket would keep the connection, and
 * with it a handler of the server, after we have closed it. */
static int socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    const struct net_http_call *c = arg;
    const int count = KEEPALIVES;

    (void)purpose;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (c->data)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    return CURL_SOCKOPT_OK;
}

static void setup_transport(struct net_http_call *c)
{
    SET(c, CURLOPT_PRIVATE, (char *)c);
    SET(c, CURLOPT_ERRORBUFFER, c->curl_says);
    SET(c, CURLOPT_WRITEFUNCTION, take_body);
    SET(c, CURLOPT_WRITEDATA, c);
    SET(c, CURLOPT_HEADERFUNCTION, take_header);
    SET(c, CURLOPT_HEADERDATA, c);
    SET(c, CURLOPT_SOCKOPTFUNCTION, socket_made);
    SET(c, CURLOPT_SOCKOPTDATA, c);
    SET(c, CURLOPT_NOSIGNAL, 1L);
    SET(c, CURLOPT_FORBID_REUSE, c->keep ? 0L : 1L);
    SET(c, CURLOPT_FRESH_CONNECT, c->keep ? 0L : 1L);
    if (c->data) {
        SET(c, CURLOPT_TCP_KEEPALIVE, 1L);
        SET(c, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
        SET(c, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S);
    }
    SET(c, CURLOPT_FOLLOWLOCATION, 0L);
    SET(c, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(c, CURLOPT_SSL_ENABLE_ALPN, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void setup_tls(struct net_http_call *c, const struct net_tls *tls)
{
    SET(c, CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L);
    SET(c, CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L);
    if (tls->cacert)
        SET(c, CURLOPT_CAINFO, tls->cacert);
    if (tls->cert)
        SET(c, CURLOPT_SSLCERT, tls->cert);
    if (tls->key)
        SET(c, CURLOPT_SSLKEY, tls->key);
    if (tls->key_password)
        SET(c, CURLOPT_KEYPASSWD, tls->key_password);
}

static bool has_header(const struct net_http_request *req, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; req->headers && req->headers[i]; i++)
        if (strncasecmp(req->headers[i], name, len) == 0 && req->headers[i][len] == ':')
            return true;
    return false;
}

static void add_header(struct net_http_call *c, const char *line)
{
    struct curl_slist *list = curl_slist_append(c->headers, line);

    if (!list)
        abort();
    c->headers = list;
}

static void setup_headers(struct net_http_call *c, const struct net_http_request *req)
{
    char *type;

    for (int i = 0; req->headers && req->headers[i]; i++)
        add_header(c, req->headers[i]);
    add_header(c, "Expect:"); /* no round trip to ask whether a body is welcome */
    if (!has_header(req, "Content-Type")) {
        type = xasprintf("Content-Type:%s%s", req->body ? " " : "",
                         !req->body          ? "" /* libcurl's own for a POST is wrong */
                         : req->content_type ? req->content_type
                                             : "application/json");
        add_header(c, type);
        free(type);
    }
    SET(c, CURLOPT_HTTPHEADER, c->headers);
}

static void setup_method(struct net_http_call *c, const struct net_http_request *req)
{
    const char *method = req->method ? req->method : "GET";
    bool post = strcmp(method, "POST") == 0;

    if (post || req->body) {
        SET(c, CURLOPT_POST, 1L);
        SET(c, CURLOPT_POSTFIELDSIZE, req->body ? (long)strlen(req->body) : 0L);
        SET(c, CURLOPT_COPYPOSTFIELDS, req->body ? req->body : "");
    }
    if (strcmp(method, "HEAD") == 0)
        SET(c, CURLOPT_NOBODY, 1L);
    else if (!post)
        SET(c, CURLOPT_CUSTOMREQUEST, method);
}

static void setup_login(struct net_http_call *c, const struct net_http_request *req)
{
    if (!req->user)
        return;
    SET(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC); /* the only one, so it is sent unasked */
    SET(c, CURLOPT_USERNAME, req->user);
    SET(c, CURLOPT_PASSWORD, req->password ? req->password : "");
}

/* Where to */

struct place {
    char *scheme, *host;
    int port;
};

static void place_release(struct place *p)
{
    curl_free(p->scheme);
    curl_free(p->host);
}

static bool is_ascii(const char *s)
{
    while (*s && !(*s & 0x80))
        s++;
    return !*s;
}

static bool place_parse(struct place *p, const char *url, unsigned flags, int default_port)
{
    CURLU *u = curl_url();
    char *port = NULL;
    bool ok;

    if (!u)
        abort();
    *p = (struct place){.port = default_port};
    ok = curl_url_set(u, CURLUPART_URL, url, flags) == CURLUE_OK &&
         curl_url_get(u, CURLUPART_SCHEME, &p->scheme, 0) == CURLUE_OK &&
         curl_url_get(u, CURLUPART_HOST, &p->host, 0) == CURLUE_OK && is_ascii(p->host);
    if (ok &&
        curl_url_get(u, CURLUPART_PORT, &port, default_port ? 0 : CURLU_DEFAULT_PORT) == CURLUE_OK)
        p->port = (int)strtol(port, NULL, 10); /* curl has checked it */
    curl_free(port);
    curl_url_cleanup(u);
    return ok;
}

/* libcurl takes numeric addresses as they are; every other name must never reach its resolver:
 * it joins the look-up's thread when the request is cancelled, and the loop would wait for DNS. */
static void add_target(struct net_http_call *c, const char *host, int port)
{
    struct http_target *t = &c->target[c->ntargets];

    if (*host == '[' || net_is_address(host))
        return;
    t->host = xstrdup(host);
    t->port = port;
    c->ntargets++;
}

static bool proxy_resolves(const char *scheme)
{
    return strcmp(scheme, "socks4") != 0 && strcmp(scheme, "socks5") != 0;
}

static enum status setup_proxy(struct net_http_call *c, const struct net_http_request *req,
                               bool *resolves, struct err *e)
{
    struct place p;
    char *url;
    bool ok;

    /* Set in any case: libcurl would take http_proxy, all_proxy, no_proxy from the environment. */
    SET(c, CURLOPT_PROXY, req->proxy ? req->proxy : "");
    SET(c, CURLOPT_NOPROXY, "");
    *resolves = false;
    if (!req->proxy || !*req->proxy)
        return ST_OK;
    url = xasprintf("%s%s", strstr(req->proxy, "://") ? "" : "http://", req->proxy);
    ok = place_parse(&p, url, CURLU_NON_SUPPORT_SCHEME,
                     strncasecmp(url, "https:", 6) == 0 ? 443 : 1080);
    free(url);
    if (ok) {
        char *label = xasprintf("%s through proxy %s:%d", c->label, p.host, p.port);

        free(c->label);
        c->label = label;
        add_target(c, p.host, p.port);
        *resolves = proxy_resolves(p.scheme);
    }
    place_release(&p);
    return ok ? ST_OK : err_set(e, ST_INVALID, "the address of the proxy cannot be understood");
}

static char *bracketed(const char *host)
{
    return strchr(host, ':') && *host != '[' ? xasprintf("[%s]", host) : xstrdup(host);
}

static void setup_connect_to(struct net_http_call *c, const char *host, int port)
{
    char *entry = xasprintf("::%s:%d", host, port);

    c->connect_to = curl_slist_append(NULL, entry);
    SET(c, CURLOPT_CONNECT_TO, c->connect_to);
    free(entry);
}

static enum status setup_place(struct net_http_call *c, const struct net_http_request *req,
                               const struct place *url, struct err *e)
{
    char *host = bracketed(req->connect_host ? req->connect_host : url->host);
    int port = req->connect_host && req->connect_port ? req->connect_port : url->port;
    bool proxy_knows;
    enum status st;

    if (req->connect_host && is_ascii(host)) {
        setup_connect_to(c, host, port);
        c->label = xasprintf("%s:%d (for %s:%d)", host, port, url->host, url->port);
    } else {
        c->label = xasprintf("%s:%d", host, port);
    }
    st = setup_proxy(c, req, &proxy_knows, e);
    if (st == ST_OK && !proxy_knows)
        add_target(c, host, port);
    free(host);
    return st;
}

static enum status setup_url(struct net_http_call *c, const struct net_http_request *req,
                             struct err *e)
{
    struct place url;
    enum status st;

    if (!place_parse(&url, req->url, 0, 0) ||
        (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0)) {
        /* Not repeated here: it may carry a password. */
        st = err_set(e, ST_INVALID, "the URL is not one of http:// or https:// with a host");
    } else {
        c->tls = strcmp(url.scheme, "https") == 0;
        SET(c, CURLOPT_URL, req->url);
        st = setup_place(c, req, &url, e);
    }
    place_release(&url);
    return st;
}

enum status http_setup(struct net_http_call *c, const struct net_http_request *req, struct err *e)
{
    c->easy = curl_easy_init();
    if (!c->easy)
        abort();
    c->data = req->data;
    c->keep = req->keep;
    c->max_body = req->max_body ? req->max_body : (size_t)8 * 1024 * 1024;
    c->connect_timeout_us = req->connect_timeout_us ? req->connect_timeout_us : 2 * USEC_PER_SEC;
    c->timeout_us = req->timeout_us ? req->timeout_us : 5 * USEC_PER_SEC;
    if (c->connect_timeout_us > c->timeout_us)
        c->connect_timeout_us = c->timeout_us;
    setup_transport(c);
    setup_tls(c, &req->tls);
    setup_method(c, req);
    setup_headers(c, req);
    setup_login(c, req);
    return setup_url(c, req, e);
}

void http_setup_addresses(struct net_http_call *c, const struct http_target *t, int n,
                          const char *const *addresses)
{
    struct curl_slist *list;
    struct buf b;
    int used = 0;

    buf_init(&b);
    buf_addf(&b, "%s:%d:", t->host, t->port);
    for (int i = 0; i < n; i++)
        if (!strchr(addresses[i], '%')) { /* libcurl refuses the whole entry for a scope */
            bool six = strchr(addresses[i], ':');

            buf_addf(&b, "%s%s%s%s", used++ ? "," : "", six ? "[" : "", addresses[i],
                     six ? "]" : "");
        }
    if (used > 0) {
        list = curl_slist_append(c->addresses, b.s);
        if (!list)
            abort();
        c->addresses = list;
    }
    buf_release(&b);
}
