# The fake Patroni and the fake etcd, for tests of source/, action/ and the program; and their own tests.
EXTRA_DIST += \
	tests/fake/fake_cluster.py \
	tests/fake/fake_etcd.py \
	tests/fake/fake_http.py \
	tests/fake/fake_patroni.py \
	tests/fake/test_fake.sh \
	tests/fake/test_fake_etcd.sh
TESTS += tests/fake/test_fake.sh tests/fake/test_fake_etcd.sh
