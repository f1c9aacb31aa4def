# Themes are listed here.
nobase_dist_pkgdata_DATA += \
	themes/colour-blind.yml \
	themes/dark.yml \
	themes/high-contrast.yml \
	themes/light.yml \
	themes/mono.yml
