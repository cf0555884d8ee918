"""What must be known before a path may climb: a verdict on evidence, gate by gate.

Pure, but for `evidence`, which gathers it from the tables, and `gating`, which keeps the verdicts.
"""
