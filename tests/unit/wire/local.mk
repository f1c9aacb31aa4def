# Unit tests of wire/.
WIRE_TESTS = \
	tests/unit/wire/test_acting \
	tests/unit/wire/test_dcs \
	tests/unit/wire/test_dcs_stream \
	tests/unit/wire/test_dynamic \
	tests/unit/wire/test_etcd \
	tests/unit/wire/test_etcd_endpoint \
	tests/unit/wire/test_etcd_refusal \
	tests/unit/wire/test_haproxy \
	tests/unit/wire/test_haproxy_socket \
	tests/unit/wire/test_held \
	tests/unit/wire/test_json_out \
	tests/unit/wire/test_patroni \
	tests/unit/wire/test_patroni_hostile \
	tests/unit/wire/test_patroni_post \
	tests/unit/wire/test_pgb_sets \
	tests/unit/wire/test_postgres \
	tests/unit/wire/test_probe \
	tests/unit/wire/test_recording \
	tests/unit/wire/test_table_quick \
	tests/unit/wire/test_tables
check_PROGRAMS += $(WIRE_TESTS)
TESTS += $(WIRE_TESTS)
tests_unit_wire_test_held_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_held_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_table_quick_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_table_quick_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_acting_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_acting_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_dcs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_dcs_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_dcs_stream_CPPFLAGS = $(AM_CPPFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
tests_unit_wire_test_dcs_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_dcs_stream_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_dynamic_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_dynamic_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_etcd_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_etcd_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_etcd_endpoint_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_etcd_endpoint_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_etcd_refusal_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_etcd_refusal_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_haproxy_socket_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_haproxy_socket_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_haproxy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_haproxy_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_json_out_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_json_out_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_patroni_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_patroni_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_patroni_hostile_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_patroni_hostile_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_patroni_post_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_patroni_post_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_postgres_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_postgres_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_probe_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_tables_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_tables_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_recording_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_recording_LDADD = $(UNIT_WIRE_LIBS)
tests_unit_wire_test_pgb_sets_SOURCES = tests/unit/wire/test_pgb_sets.c $(PGB_SETS)
tests_unit_wire_test_pgb_sets_CPPFLAGS = $(AM_CPPFLAGS) $(PGB_SETS_CPPFLAGS)
tests_unit_wire_test_pgb_sets_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_wire_test_pgb_sets_LDADD = $(UNIT_WIRE_LIBS)
