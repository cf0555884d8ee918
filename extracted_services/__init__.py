"""Reads that moved out of the monolith: each package is one deployable, without Django."""
