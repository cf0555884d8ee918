"""Calls an extracted service: over HTTP, signed, within a budget, and no longer when it fails."""
