"""Figures with a bar, each beside its reference from the same run: `make bench-NAME`."""
