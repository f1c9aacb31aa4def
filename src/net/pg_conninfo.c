/*
 * net/pg_conninfo.c: connection strings: what they say, where they lead, how they are shown.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pg_priv.h"
#include "pgdba/base/buf.h"
#include "priv.h"

static int params_find(const struct pg_params *p, const char *key)
{
    int i = 0;

    while (i < p->n && strcmp(p->key[i], key) != 0)
        i++;
    return i;
}

void pg_params_set(struct pg_params *p, const char *key, const char *value)
{
    int i = params_find(p, key);

    if (i == p->n) {
        p->n++;
        p->key = xrealloc(p->key, (size_t)(p->n + 1) * sizeof *p->key);
        p->value = xrealloc(p->value, (size_t)(p->n + 1) * sizeof *p->value);
        p->key[i] = xstrdup(key);
        p->value[i] = NULL;
        p->key[p->n] = NULL;
        p->value[p->n] = NULL;
    }
    net_wipe_free(
        p->value[i]); /* NOLINT(clang-analyzer-core.NullDereference): i < n, so it is there */
    p->value[i] = xstrdup(value);
}

static void params_default(struct pg_params *p, const char *key, const char *value)
{
    if (params_find(p, key) == p->n)
        pg_params_set(p, key, value);
}

void pg_params_copy(struct pg_params *to, const struct pg_params *from)
{
    *to = (struct pg_params){0};
    for (int i = 0; i < from->n; i++)
        pg_params_set(to, from->key[i], from->value[i]);
}

void pg_params_release(struct pg_params *p)
{
    for (int i = 0; i < p->n; i++) {
        free((char *)p->key[i]);
        net_wipe_free(p->value[i]);
    }
    free(p->key);
    free(p->value);
    *p = (struct pg_params){0};
}

PGconn *pg_params_start(const struct pg_params *p)
{
    PGconn *conn = PQconnectStartParams(p->key, (const char *const *)p->value, 0);

    if (!conn)
        abort(); /* out of memory, says libpq's manual */
    return conn;
}

static bool has_secret(const char *conninfo)
{
    return strcasestr(conninfo, "pass") || strchr(conninfo, '@');
}

/* libpq quotes what it could not parse, and that may be a piece of a password. */
static char *without_quotes(const char *text)
{
    struct buf b;
    bool inside = false;
    char *out;

    buf_init(&b);
    for (; *text; text++) {
        if (*text == '"') {
            buf_puts(&b, inside ? "" : "\"…\"");
            inside = !inside;
        } else if (!inside) {
            buf_putc(&b, *text);
        }
    }
    out = buf_detach(&b);
    buf_release(&b);
    return out;
}

static enum status bad_conninfo(struct err *e, const char *conninfo, const char *libpq_says)
{
    char *line = pg_first_line(libpq_says ? libpq_says : "out of memory");
    char *safe = has_secret(conninfo) ? without_quotes(line) : xstrdup(line);
    enum status st = err_set(e, ST_INVALID, "connection string: %s", safe);

    free(line);
    free(safe);
    return st;
}

static void options_free(PQconninfoOption *options)
{
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (o->val && strcmp(o->keyword, "password") == 0)
            explicit_bzero(o->val, strlen(o->val));
    PQconninfoFree(options);
}

static void params_extra(struct pg_params *p, const char *const *extra)
{
    for (; extra && *extra; extra++) {
        const char *eq = strchr(*extra, '=');
        char *key = xstrndup(*extra, eq ? (size_t)(eq - *extra) : strlen(*extra));

        pg_params_set(p, key, eq ? eq + 1 : "");
        free(key);
    }
}

enum status pg_params_parse(struct pg_params *p, const char *conninfo, const char *password,
                            const char *const *extra, struct err *e)
{
    char *libpq_says = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &libpq_says);

    *p = (struct pg_params){0};
    if (!options) {
        enum status st = bad_conninfo(e, conninfo, libpq_says);

        PQfreemem(libpq_says);
        return st;
    }
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && *o->val)
            pg_params_set(p, o->keyword, o->val);
    options_free(options);
    if (password)
        pg_params_set(p, "password", password);
    params_extra(p, extra);
    /* Kerberos may ask its key server on our loop; PgBouncer always says no to it. */
    params_default(p, "gssencmode", "disable");
    params_default(p, "client_encoding", "UTF8");
    params_default(p, "fallback_application_name", "pgdba");
    return ST_OK;
}

/*
 * libpq alone knows how service files, environment and defaults are laid over one another, and
 * tells only about a connection. So one is begun that libpq must refuse after it has laid them and
 * before it looks up or opens anything: its sslmode is not one. The password is there to keep it
 * from reading .pgpass.
 */
static PGconn *probe(const struct pg_params *p, bool *ok)
{
    static const char no_mode[] = "not-an-sslmode";
    struct pg_params q;
    PGconn *conn;

    pg_params_copy(&q, p);
    pg_params_set(&q, "password", "none");
    pg_params_set(&q, "sslmode", no_mode);
    conn = pg_params_start(&q);
    *ok = PQstatus(conn) == CONNECTION_BAD && strstr(PQerrorMessage(conn), no_mode);
    pg_params_release(&q);
    return conn;
}

static bool is_socket(const char *host)
{
    return *host == '/' || *host == '@';
}

struct wanted {
    bool several, hostaddr;
};

/* PQhost() and the like tell of the first host only. */
static struct wanted what_is_wanted(PGconn *conn)
{
    PQconninfoOption *options = PQconninfo(conn);
    struct wanted w = {false, false};

    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (o->val && *o->val) {
            bool address = strcmp(o->keyword, "hostaddr") == 0;

            w.hostaddr |= address;
            if (address || strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "port") == 0)
                w.several |= strchr(o->val, ',') != NULL;
        }
    options_free(options);
    return w;
}

static enum status target_take(struct pg_target *t, PGconn *conn, struct err *e)
{
    const char *host = PQhost(conn), *port = PQport(conn), *db = PQdb(conn);
    struct wanted w = what_is_wanted(conn);
    bool six = strchr(host, ':');

    if (w.several)
        return err_set(e, ST_INVALID,
                       "connection string: one host a connection; list the servers one by one");
    t->host = xstrdup(host);
    t->lookup = !w.hostaddr && !is_socket(host) && !net_is_address(host);
    t->label = xasprintf("%s%s%s:%s/%s", six ? "[" : "", host, six ? "]" : "",
                         port && *port ? port : "5432", db ? db : "");
    return ST_OK;
}

enum status pg_target_find(struct pg_target *t, const struct pg_params *p, struct err *e)
{
    bool ok;
    PGconn *conn = probe(p, &ok);
    enum status st;

    *t = (struct pg_target){0};
    if (ok)
        st = target_take(t, conn, e);
    else
        st = bad_conninfo(e, "", PQerrorMessage(conn)); /* of the service file, and the like */
    PQfinish(conn);
    return st;
}

void pg_target_release(struct pg_target *t)
{
    free(t->host);
    free(t->label);
    *t = (struct pg_target){0};
}

char *net_pg_user(const char *conninfo, const char *const *extra)
{
    struct pg_params p;
    char *user = NULL;
    bool ok = pg_params_parse(&p, conninfo, NULL, extra, NULL) == ST_OK;
    PGconn *conn = ok ? probe(&p, &ok) : NULL;

    if (ok && PQuser(conn) && *PQuser(conn))
        user = xstrdup(PQuser(conn));
    PQfinish(conn);
    pg_params_release(&p);
    return user;
}

enum status net_pg_check(const char *conninfo, char **label, struct err *e)
{
    struct pg_params p;
    struct pg_target t;
    enum status st = pg_params_parse(&p, conninfo, NULL, NULL, e);

    *label = NULL;
    if (st == ST_OK)
        st = pg_target_find(&t, &p, e);
    pg_params_release(&p);
    if (st != ST_OK)
        return st;
    *label = xstrdup(t.label);
    pg_target_release(&t);
    return ST_OK;
}
