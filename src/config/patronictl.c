/*
 * What a patronictl.yaml or patroni.yml knows that pgdba needs: scope, etcd, TLS, authentication
 * (Patroni's documentation, "YAML Configuration Settings" and "patronictl"; the order of ctl before
 * restapi is patronictl's). It is Patroni's file: keys that mean nothing here are left alone.
 * PATRONI_* variables, which Patroni puts over its file, are not looked at.
 *
 * A password comes over as a literal, and only from a file that nobody else can read: then the
 * cluster's file, written 0600, keeps it as private as it was.
 */
#include "pgdba/config/cluster.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "files.h"
#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"
#include "pgdba/config/secret.h"
#include "values.h"
#include "yaml_doc.h"

struct import {
    struct cluster_config *c;
    struct arena *arena; /* the cluster's */
    const char *file;
    const char *etcd_section;
    bool passwords; /* there are some in it that are wanted */
    struct buf *notes;
    struct err *err;
};

static void note(struct import *m, const char *text)
{
    if (m->notes)
        buf_addf(m->notes, "%s: %s\n", m->file, text);
}

static enum status fail(struct import *m, const struct node *at, const char *key,
                        const char *expected)
{
    return err_set(m->err, ST_INVALID, "%s:%d: %s: %s", m->file, at->line, key, expected);
}

/* The text at section.key, NULL when it is not given. */
static enum status text_at(struct import *m, const struct node *section, const char *key,
                           const char **out)
{
    const struct node *v = node_get(section, key);

    *out = NULL;
    if (!v || node_is_null(v))
        return ST_OK;
    if (v->kind != NODE_SCALAR)
        return fail(m, v, key, arena_printf(m->arena, "expected text; got %s", node_kind_name(v)));
    *out = *v->text ? v->text : NULL;
    return ST_OK;
}

/* Sets *to, unless it is set already, to what check makes of section.key. */
static enum status take(struct import *m, const struct node *section, const char *key,
                        value_check_fn *check, const char **to)
{
    const char *text;
    enum status st = text_at(m, section, key, &text);

    if (st || !text || *to)
        return st;
    const char *wrong = check(m->arena, text, to);

    return wrong ? fail(m, node_get(section, key), key, wrong) : ST_OK;
}

/* Passwords are noted here, and given out by take_passwords() when the file turns out private. */
static enum status take_secret(struct import *m, const struct node *section, const char *key,
                               struct secret_source *to)
{
    const char *text;
    enum status st = text_at(m, section, key, &text);

    if (st || !text || secret_is_set(to))
        return st;
    m->passwords = true;
    to->literal = arena_strdup(m->arena, text);
    return ST_OK;
}

static enum status take_bool(struct import *m, const struct node *section, const char *key,
                             bool *to)
{
    static const char *const words[] = {"true", "yes", "on"};
    const char *text;
    enum status st = text_at(m, section, key, &text);

    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
        *to |= !strcasecmp(text, words[i]);
    return st;
}

/* ---- etcd ---- */

static bool digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* "h", "h:p", "[::1]:p" or "http://h:p" as Patroni takes them; its default port is 2379. */
static const char *etcd_url(struct arena *a, const char *protocol, const char *host,
                            const char **out)
{
    if (strstr(host, "://"))
        return value_base_url(a, host, out);
    const char *bracket = strrchr(host, ']');
    const char *colon = strrchr(bracket ? bracket : host, ':');
    bool port = colon && digits(colon + 1);

    return value_base_url(a, arena_printf(a, "%s://%s%s", protocol, host, port ? "" : ":2379"),
                          out);
}

struct url_list {
    const char **v;
    int n, cap;
};

static enum status add_host(struct import *m, const struct node *at, const char *protocol,
                            const char *host, struct url_list *l)
{
    const char *url = NULL;
    const char *wrong = etcd_url(m->arena, protocol, host, &url);

    if (wrong)
        return fail(m, at, m->etcd_section, wrong);
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->v[i], url))
            return ST_OK;
    if (l->n == l->cap) {
        const char **more = arena_array(m->arena, (size_t)l->cap * 2 + 4, const char *);

        if (l->n)
            memcpy(more, l->v, (size_t)l->n * sizeof *more);
        l->v = more;
        l->cap = l->cap * 2 + 4;
    }
    l->v[l->n++] = url;
    return ST_OK;
}

/* "h1:p1, h2:p2", with blanks, quotes and a dash that people leave in a string. */
static enum status add_hosts_text(struct import *m, const struct node *at, const char *protocol,
                                  const char *text, struct url_list *l)
{
    enum status st = ST_OK;

    while (*text && !st) {
        text += strspn(text, ", \t\n'\"-");
        size_t n = strcspn(text, ", \t\n'\"");

        if (n)
            st = add_host(m, at, protocol, arena_strndup(m->arena, text, n), l);
        text += n;
    }
    return st;
}

static enum status add_hosts(struct import *m, const struct node *hosts, const char *protocol,
                             struct url_list *l)
{
    enum status st = ST_OK;

    if (hosts->kind == NODE_SCALAR)
        return add_hosts_text(m, hosts, protocol, hosts->text, l);
    for (const struct node *i = hosts->kind == NODE_LIST ? hosts->first : NULL; i && !st;
         i = i->next)
        st = i->kind == NODE_SCALAR
                 ? add_hosts_text(m, i, protocol, i->text, l)
                 : fail(m, i, m->etcd_section, "expected host:port in the list of hosts");
    return st;
}

static enum status take_etcd_urls(struct import *m, const struct node *s)
{
    const char *protocol = NULL, *url = NULL;
    const struct node *hosts = node_get(s, "hosts"), *host = node_get(s, "host");
    struct url_list l = {0};
    enum status st = text_at(m, s, "protocol", &protocol);

    if (!st)
        st = text_at(m, s, "url", &url);
    protocol = protocol ? protocol : "http";
    if (!st && hosts && !node_is_null(hosts))
        st = add_hosts(m, hosts, protocol, &l);
    else if (!st && url)
        st = add_host(m, node_get(s, "url"), protocol, url, &l);
    else if (!st && host && !node_is_null(host))
        st = add_hosts(m, host, protocol, &l);
    if (st)
        return st;
    if (!l.n)
        note(m, node_get(s, "srv") || node_get(s, "srv_suffix")
                    ? "etcd is found by a DNS SRV record there; give its URLs with --etcd"
                    : "no etcd hosts are named; give its URLs with --etcd");
    if (!m->c->etcd.nurls) {
        m->c->etcd.urls = l.v;
        m->c->etcd.nurls = l.n;
    }
    return ST_OK;
}

static enum status take_etcd(struct import *m, const struct node *root)
{
    const struct node *s = node_get(root, "etcd3");
    struct etcd_config *etcd = &m->c->etcd;

    m->etcd_section = "etcd3";
    if (!s) {
        s = node_get(root, "etcd");
        m->etcd_section = "etcd";
        if (s)
            note(m, "Patroni uses etcd's old v2 interface (\"etcd:\"); pgdba speaks v3 and sees "
                    "etcd's health there, not Patroni's keys");
    }
    if (!s || node_is_null(s))
        return ST_OK;
    if (s->kind != NODE_MAP)
        return fail(m, s, m->etcd_section, "expected keys, each with its value");
    enum status st = take_etcd_urls(m, s);

    if (st || !etcd->nurls) /* without URLs the rest is of no use */
        return st;
    if (!etcd->namespace_ || !strcmp(etcd->namespace_, "/service")) {
        const char *given = NULL;

        st = take(m, root, "namespace", value_namespace, &given);
        if (given)
            etcd->namespace_ = given;
    }
    if (!st)
        st = take(m, s, "username", value_text, &etcd->username);
    if (!st && etcd->username)
        st = take_secret(m, s, "password", &etcd->password);
    if (!st)
        st = take(m, s, "cacert", value_path, &etcd->tls.cacert);
    if (!st)
        st = take(m, s, "cert", value_path, &etcd->tls.cert);
    if (!st && etcd->tls.cert)
        st = take(m, s, "key", value_path, &etcd->tls.key);
    return st;
}

/* ---- Patroni's API ---- */

static enum status take_tls(struct import *m, const struct node *ctl, const struct node *restapi)
{
    struct tls_config *tls = &m->c->patroni.tls;
    enum status st = take(m, ctl, "cacert", value_path, &tls->cacert);

    if (!st)
        st = take(m, restapi, "cafile", value_path, &tls->cacert);
    if (!st)
        st = take(m, ctl, "certfile", value_path, &tls->cert);
    if (!st && tls->cert)
        st = take(m, ctl, "keyfile", value_path, &tls->key);
    if (!st && tls->cert)
        st = take_secret(m, ctl, "keyfile_password", &tls->key_password);
    return st ? st : take_bool(m, ctl, "insecure", &tls->insecure);
}

/* ctl.authentication, else restapi.authentication; never a user of one with the other's password.
 */
static enum status take_authentication(struct import *m, const struct node *ctl,
                                       const struct node *restapi)
{
    struct patroni_config *p = &m->c->patroni;
    const struct node *a = node_get(ctl, "authentication");

    if (!node_get(a, "username"))
        a = node_get(restapi, "authentication");
    enum status st = take(m, a, "username", value_text, &p->username);

    return st || !p->username ? st : take_secret(m, a, "password", &p->password);
}

static enum status take_url(struct import *m, const struct node *restapi)
{
    struct patroni_config *p = &m->c->patroni;
    const char *address, *url = NULL;
    enum status st = text_at(m, restapi, "connect_address", &address);

    if (st || !address || p->nurls)
        return st;
    const char *scheme = node_get(restapi, "certfile") ? "https" : "http";
    const char *wrong =
        value_base_url(m->arena, arena_printf(m->arena, "%s://%s", scheme, address), &url);

    if (wrong)
        return fail(m, node_get(restapi, "connect_address"), "restapi.connect_address", wrong);
    const char **urls = arena_array(m->arena, 1, const char *);

    urls[0] = url;
    p->urls = urls;
    p->nurls = 1;
    return ST_OK;
}

static enum status take_all(struct import *m, const struct node *root)
{
    const struct node *ctl = node_get(root, "ctl"), *restapi = node_get(root, "restapi");
    enum status st = take(m, root, "scope", value_text, &m->c->scope);

    if (!st)
        st = take_etcd(m, root);
    if (!st)
        st = take_url(m, restapi);
    if (!st)
        st = take_tls(m, ctl, restapi);
    return st ? st : take_authentication(m, ctl, restapi);
}

/* ---- the file ---- */

/* What of the passwords was there before: to be put back when the file is not private. */
struct passwords {
    struct secret_source patroni, key, etcd;
};

static enum status refuse_passwords(struct import *m, const struct passwords *before)
{
    enum status st = path_check_private(m->file, m->err);

    if (!st)
        return ST_OK;
    m->c->patroni.password = before->patroni;
    m->c->patroni.tls.key_password = before->key;
    m->c->etcd.password = before->etcd;
    err_prefix(m->err, "its passwords are not taken over; give them with --password-file, "
                       "--password-command or --password-env, or make the file private");
    return st;
}

static enum status import_text(const char *path, const struct buf *text, struct cluster_config *c,
                               struct buf *notes, struct err *e)
{
    struct import m = {.c = c, .arena = &c->arena, .file = path, .notes = notes, .err = e};
    struct passwords before = {c->patroni.password, c->patroni.tls.key_password, c->etcd.password};
    struct node *root;
    enum status st = doc_parse(&c->arena, text->s, text->len, path, DOC_THEIRS, &root, e);

    if (!st && (!root || root->kind != NODE_MAP))
        st = err_set(e, ST_INVALID, "%s: this is no configuration of Patroni", path);
    if (!st)
        st = take_all(&m, root);
    return st || !m.passwords ? st : refuse_passwords(&m, &before);
}

enum status patronictl_import(const char *path, struct cluster_config *c, struct buf *notes,
                              struct err *e)
{
    struct buf text;
    char *file = path_expand(path);
    enum status st = config_read(file, &text, e);

    if (!st)
        st = import_text(file, &text, c, notes, e);
    config_wipe(&text);
    free(file);
    return st;
}
