"""Moves reads out of a monolith, one path at a time, and knows no shop.

Only its doors are flat: `registry` and `routing` for whoever reads, `middleware`, `pulse`, `worker`
and `metrics` for whoever wires it into processes, and what Django and Celery look for by name.
Everything else is in a package; docs/architecture.md tells which, from the top down.
"""
