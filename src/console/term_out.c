#define _GNU_SOURCE 1
#include "term_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pgdba/base/path.h"

/* A second description of the same terminal: O_NONBLOCK on the inherited one would be seen by the
 * shell and by everything else that shares it. */
static int open_again(int tty_fd)
{
    const char *name = ttyname(tty_fd);
    int fd = open(name ? name : "/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return fd;
}

bool term_out_open(struct term_out *o, int tty_fd)
{
    buf_init(&o->queue);
    o->sent = 0;
    o->fd = open_again(tty_fd);
    o->trap = memfd_create("pgdba-frame", MFD_CLOEXEC);
    if (o->fd >= 0 && o->trap >= 0)
        return true;
    int no = errno;
    term_out_close(o);
    errno = no;
    return false;
}

void term_out_close(struct term_out *o)
{
    if (o->fd >= 0)
        close(o->fd);
    if (o->trap >= 0)
        close(o->trap);
    o->fd = o->trap = -1;
    buf_release(&o->queue);
}

void term_out_put(struct term_out *o, const char *s, size_t n)
{
    buf_add(&o->queue, s, n);
}

void term_out_take_trap(struct term_out *o)
{
    char chunk[16384];
    off_t end = lseek(o->trap, 0, SEEK_CUR), at = 0;
    while (at < end) {
        size_t want = end - at < (off_t)sizeof chunk ? (size_t)(end - at) : sizeof chunk;
        ssize_t n = pread(o->trap, chunk, want, at);
        if (n <= 0)
            break;
        buf_add(&o->queue, chunk, (size_t)n);
        at += n;
    }
    lseek(o->trap, 0, SEEK_SET); /* the next frame overwrites it: cheaper than giving pages back */
}

bool term_out_pump(struct term_out *o)
{
    while (o->sent < o->queue.len) {
        ssize_t n = write(o->fd, o->queue.s + o->sent, o->queue.len - o->sent);
        if (n > 0) {
            o->sent += (size_t)n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno != EAGAIN) {
            o->sent = o->queue.len; /* the terminal is gone; input will say so */
        } else {
            return false;
        }
    }
    buf_clear(&o->queue);
    o->sent = 0;
    return true;
}

void term_out_drain(struct term_out *o, int ms)
{
    for (int i = 0; i < ms / 50 && !term_out_pump(o); i++)
        poll(&(struct pollfd){.fd = o->fd, .events = POLLOUT}, 1, 50);
}

static int open_diary(void)
{
    char *path = path_state("pgdba.log");
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
    free(path);
    if (fd < 0)
        fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fd;
}

int term_stderr_divert(void)
{
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    int fd = open_diary();
    if (fd < 0)
        return saved;
    dup2(fd, STDERR_FILENO);
    if (fd != STDERR_FILENO)
        close(fd);
    return saved;
}

void term_stderr_restore(int *saved)
{
    if (*saved < 0)
        return;
    dup2(*saved, STDERR_FILENO);
    close(*saved);
    *saved = -1;
}
