/* A server for tests: one thread, one connection after the other, on 127.0.0.1 and a port that the
 * kernel chose. And the loop that waits for a condition. */
#ifndef PGDBA_TESTS_NET_SERVE_H
#define PGDBA_TESTS_NET_SERVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct net_loop;

struct serve {
    int port;
    void (*talk)(struct serve *s, int fd); /* in the thread; fd is closed after it */
    const void *arg;
    int listener, stop[2];
    pthread_t thread;
    pthread_mutex_t lock;
    char request[16384]; /* the last one; read it with the lock, or after serve_stop() */
    size_t request_len;
    int connections;
    int number[2];      /* for talk: what it has seen of the first connection and of later ones */
    _Atomic bool heard; /* a request has come */
};

void serve_start(struct serve *s, void (*talk)(struct serve *s, int fd), const void *arg);
void serve_stop(struct serve *s);
/* For talk: */
void serve_read_request(struct serve *s, int fd); /* head, and body by Content-Length */
void serve_write(int fd, const void *data, size_t n);
void serve_puts(int fd, const char *text);
void serve_until_gone(struct serve *s, int fd); /* says nothing until the client leaves */
int serve_unused_port(void);                    /* nobody listens there */

/* Turns the loop until *done; the test fails after 20 s. Returns the number of turns. */
int serve_wait(struct net_loop *l, const bool *done);
/* Turns the loop until the server has heard a request. */
void serve_wait_heard(struct net_loop *l, struct serve *s);

#endif
