/* getaddrinfo() for tests: "two.test" has two addresses, and nobody listens on the first. */
#ifndef PGDBA_TESTS_NET_NAMES_H
#define PGDBA_TESTS_NET_NAMES_H

int names_asked(void); /* how often anybody has called getaddrinfo() with a name */

#endif
