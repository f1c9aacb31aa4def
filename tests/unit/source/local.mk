# Unit tests of source/: the matching rules, and the state machines against servers on the loop.
check_PROGRAMS += tests/unit/source/test_match tests/unit/source/test_patroni \
	tests/unit/source/test_pgbouncer tests/unit/source/test_haproxy tests/unit/source/test_probe \
	tests/unit/source/test_postgres tests/unit/source/test_etcd tests/unit/source/test_etcd_gates
TESTS += tests/unit/source/test_match tests/unit/source/test_patroni \
	tests/unit/source/test_pgbouncer tests/unit/source/test_haproxy tests/unit/source/test_probe \
	tests/unit/source/test_postgres tests/unit/source/test_etcd tests/unit/source/test_etcd_gates
tests_unit_source_test_match_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_match_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_match_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_patroni_SOURCES = tests/unit/source/test_patroni.c tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_patroni_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_patroni_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_patroni_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_pgbouncer_SOURCES = tests/unit/source/test_pgbouncer.c \
	tests/unit/source/fake_pgb.c tests/unit/source/fake_pgb.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_pgbouncer_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_pgbouncer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_pgbouncer_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_haproxy_SOURCES = tests/unit/source/test_haproxy.c \
	tests/unit/source/fake_ha.c tests/unit/source/fake_ha.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_haproxy_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_haproxy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_haproxy_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_probe_SOURCES = tests/unit/source/test_probe.c \
	tests/unit/source/fake_pgb.c tests/unit/source/fake_pgb.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_probe_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_probe_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_postgres_SOURCES = tests/unit/source/test_postgres.c \
	tests/unit/source/fake_pgb.c tests/unit/source/fake_pgb.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_postgres_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_postgres_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_postgres_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_etcd_SOURCES = tests/unit/source/test_etcd.c \
	tests/unit/source/bench_etcd.c tests/unit/source/bench_etcd.h \
	tests/unit/source/fake_etcd.c tests/unit/source/fake_etcd.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_etcd_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_etcd_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_etcd_LDADD = $(UNIT_SOURCE_LIBS)
tests_unit_source_test_etcd_gates_SOURCES = tests/unit/source/test_etcd_gates.c \
	tests/unit/source/bench_etcd.c tests/unit/source/bench_etcd.h \
	tests/unit/source/fake_etcd.c tests/unit/source/fake_etcd.h tests/unit/source/fake.c \
	tests/unit/source/fake.h tests/unit/source/rig.c tests/unit/source/rig.h
tests_unit_source_test_etcd_gates_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_source_test_etcd_gates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_etcd_gates_LDADD = $(UNIT_SOURCE_LIBS)
