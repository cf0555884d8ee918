"""Baskets and orders over HTTP."""
