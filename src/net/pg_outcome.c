/*
 * net/pg_outcome.c: why a connection could not be made. libpq has only a text for it, in the
 * user's language; so the SQLSTATE is read out of the verbose form of that text, and what is left
 * is judged by how far the attempt came.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pg_priv.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

enum { STATE_LEN = 5 };

void pg_progress_note(struct pg_progress *p, const PGconn *conn)
{
    switch (PQstatus(conn)) {
    case CONNECTION_BAD:
    case CONNECTION_NEEDED:
    case CONNECTION_STARTED:
        break;
    case CONNECTION_SSL_STARTUP:
        p->reached = true;
        p->in_tls = PQsslInUse((PGconn *)conn); /* not yet while the server is only asked for it */
        break;
    default:
        p->reached = true;
        p->in_tls = false;
    }
}

static char *clean_line(const char *text, size_t n)
{
    struct arena a;
    char *out;

    arena_init(&a);
    out = xstrdup(utf8_clean(&a, text, n));
    arena_release(&a);
    return out;
}

char *pg_first_line(const char *text)
{
    return clean_line(text, strcspn(text, "\n"));
}

/* "FATAL:  28P01: password authentication failed": the two blanks are libpq's own. */
static const char *find_state(const char *text, char *sqlstate)
{
    while ((text = strstr(text, ":  "))) {
        size_t n = 0;

        text += 3;
        while (n < STATE_LEN &&
               (isupper((unsigned char)text[n]) || isdigit((unsigned char)text[n])))
            n++;
        if (n == STATE_LEN && text[n] == ':' && text[n + 1] == ' ') {
            memcpy(sqlstate, text, STATE_LEN);
            sqlstate[STATE_LEN] = '\0';
            return text + STATE_LEN + 2;
        }
    }
    return NULL;
}

/* PgBouncer has one SQLSTATE for everything, and English only (reference "middleware.md" §1.2). */
static bool is_auth(const char *sqlstate, const char *text)
{
    static const char *const words[] = {"authentication failed", "no such user", "not allowed",
                                        "login rejected", "auth failed"};

    if (strncmp(sqlstate, "28", 2) == 0)
        return true;
    for (size_t i = 0; strcmp(sqlstate, "08P01") == 0 && i < sizeof words / sizeof *words; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}

/* What libpq found out by itself, without its "connection to server at ... failed: ". */
static const char *own_words(const char *text)
{
    const char *failed = strstr(text, " failed: ");

    return failed && failed < text + strcspn(text, "\n") ? failed + 9 : text;
}

static enum net_outcome outcome_without_state(PGconn *conn, const struct pg_progress *p,
                                              const char *text)
{
    if (!p->reached)
        return NET_REFUSED;
    /* To our wish for TLS, or to our greeting: not a PostgreSQL server. */
    if (strstr(text, "invalid response") || strstr(text, "expected authentication request"))
        return NET_GARBLED;
    if (PQconnectionNeedsPassword(conn) || strstr(text, "authenticat"))
        return NET_UNAUTHORISED;
    return p->in_tls || strstr(text, "SSL") || strstr(text, "certificate") ? NET_TLS : NET_GARBLED;
}

enum net_outcome pg_connect_outcome(PGconn *conn, const struct pg_progress *p, const char *label,
                                    char *sqlstate, char **detail)
{
    const char *text = PQerrorMessage(conn), *said = find_state(text, sqlstate);
    enum net_outcome outcome;
    char *line;

    if (said) {
        line = pg_first_line(said);
        outcome = is_auth(sqlstate, line) ? NET_UNAUTHORISED : NET_ANSWERED;
    } else {
        sqlstate[0] = '\0';
        line = pg_first_line(own_words(text));
        outcome = outcome_without_state(conn, p, text);
    }
    *detail = xasprintf("%s: %s", label, line);
    free(line);
    return outcome;
}
