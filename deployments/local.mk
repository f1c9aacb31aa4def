# The local deployment: a real cluster on this machine, and the README's first command. Not installed.
EXTRA_DIST += \
	deployments/local/lab \
	deployments/local/try \
	deployments/local/packages.debian \
	deployments/local/lib/00-base.sh \
	deployments/local/lib/10-process.sh \
	deployments/local/lib/20-secrets.sh \
	deployments/local/lib/30-etcd.sh \
	deployments/local/lib/40-patroni.sh \
	deployments/local/lib/50-pgbouncer.sh \
	deployments/local/lib/60-haproxy.sh \
	deployments/local/lib/80-up.sh \
	deployments/local/lib/90-verbs.sh \
	deployments/local/lib/root/apart.sh \
	deployments/local/lib/root/inside.sh \
	tests/lab/test-lab.sh \
	tests/lab/test-try.sh
