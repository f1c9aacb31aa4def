#include "pgdba/net/syslog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "pgdba/base/buf.h"

/* "<85>Nov 21 03:12:00 pgdba[4711]: ...", in English whatever the locale is. */
static void put_head(struct buf *b, const struct clock *clock)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_wall(clock) / USEC_PER_SEC);
    struct tm tm;

    buf_addf(b, "<%d>", LOG_AUTHPRIV | LOG_NOTICE);
    if (localtime_r(&now, &tm))
        buf_addf(b, "%s %2d %02d:%02d:%02d ", months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
    buf_addf(b, "pgdba[%ld]: ", (long)getpid());
}

static enum status failed(const char *path, int error, struct err *e)
{
    const char *why = strerror(error);

    if (error == EAGAIN || error == ENOBUFS)
        why = "its queue is full";
    else if (error == ECONNREFUSED || error == ENOENT)
        why = "nobody listens there";
    else if (error == EPROTOTYPE)
        why = "it takes no datagrams";
    else if (error == EMSGSIZE)
        why = "the line is too long for it";
    return err_set(e, ST_IO, "cannot write to syslog (%s): %s", path, why);
}

/* A socket for each line: they are few, and the daemon may have been restarted since the last. */
enum status net_syslog(const char *path, const struct clock *clock, const char *text, struct err *e)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = -1, error = 0;
    struct buf b;

    if (strlen(path) >= sizeof to.sun_path)
        return failed(path, ENAMETOOLONG, e);
    memcpy(to.sun_path, path, strlen(path) + 1);
    buf_init(&b);
    put_head(&b, clock);
    buf_puts(&b, text);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || sendto(fd, b.s, b.len, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof to) < 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    buf_release(&b);
    return error ? failed(path, error, e) : ST_OK;
}
