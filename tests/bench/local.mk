# The performance budget and the linters: run from the tree, and in the tarball.
EXTRA_DIST += \
	tests/bench/README.md \
	tests/bench/run \
	tests/bench/bench_etcd.py \
	tests/bench/bench_hold.py \
	tests/bench/bench_pgb.py \
	tests/bench/pgb_crowd.py \
	tests/bench/bench_rows.py \
	tests/bench/bench_setup.py \
	tests/lint \
	tests/.clang-tidy \
	.clang-tidy
