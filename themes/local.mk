# Themes are listed here.
