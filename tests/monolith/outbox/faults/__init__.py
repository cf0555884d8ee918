"""The outbox under faults: real PostgreSQL, relays in processes of their own, one judge, one table.

Every draw comes from the seed that the table names; `pytest --randomly-seed=N` repeats
it. What the scheduler does is not repeatable, so each scenario has to hold for every interleaving.
A whole shop is killed in `tests/faults`.
"""
