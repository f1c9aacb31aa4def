# Manual pages are listed here.
