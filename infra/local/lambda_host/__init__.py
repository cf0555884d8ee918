"""Runs Lambda functions from the working tree: one process per execution environment."""
