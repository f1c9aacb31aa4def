# Unit tests of net/. serve.c is a server in a thread, on a port of its own.
NET_TESTS = tests/unit/net/test_loop tests/unit/net/test_resolve tests/unit/net/test_http \
	tests/unit/net/test_http_stream \
	tests/unit/net/test_line \
	tests/unit/net/test_pg tests/unit/net/test_proc tests/unit/net/test_append
check_PROGRAMS += $(NET_TESTS)
TESTS += $(NET_TESTS)
tests_unit_net_test_loop_SOURCES = tests/unit/net/test_loop.c tests/unit/net/serve.c \
	tests/unit/net/serve.h
tests_unit_net_test_loop_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_loop_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_resolve_SOURCES = tests/unit/net/test_resolve.c tests/unit/net/serve.c \
	tests/unit/net/serve.h
tests_unit_net_test_resolve_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_resolve_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_http_SOURCES = tests/unit/net/test_http.c tests/unit/net/serve.c \
	tests/unit/net/serve.h tests/unit/net/names.c tests/unit/net/names.h
tests_unit_net_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_http_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_http_stream_SOURCES = tests/unit/net/test_http_stream.c \
	tests/unit/net/serve.c tests/unit/net/serve.h
tests_unit_net_test_http_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_http_stream_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_line_SOURCES = tests/unit/net/test_line.c tests/unit/net/serve.c \
	tests/unit/net/serve.h
tests_unit_net_test_line_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_line_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_pg_SOURCES = tests/unit/net/test_pg.c tests/unit/net/serve.c \
	tests/unit/net/serve.h tests/unit/net/names.c tests/unit/net/names.h
tests_unit_net_test_pg_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_pg_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_proc_SOURCES = tests/unit/net/test_proc.c tests/unit/net/serve.c \
	tests/unit/net/serve.h
tests_unit_net_test_proc_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_proc_LDADD = $(UNIT_NET_LIBS)
tests_unit_net_test_append_SOURCES = tests/unit/net/test_append.c tests/unit/net/serve.c \
	tests/unit/net/serve.h
tests_unit_net_test_append_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_net_test_append_LDADD = $(UNIT_NET_LIBS)
