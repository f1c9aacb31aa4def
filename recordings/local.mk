# A real failover and a real switchover, recorded on the local lab: what `pgdba demo` plays.
nobase_dist_pkgdata_DATA += \
	recordings/failover.jsonl \
	recordings/switchover.jsonl
