# The fake Patroni, for tests of source/, action/ and the program; and its own test.
EXTRA_DIST += \
	tests/fake/fake_cluster.py \
	tests/fake/fake_http.py \
	tests/fake/fake_patroni.py \
	tests/fake/test_fake.sh
TESTS += tests/fake/test_fake.sh
