"""The published language: the only code that every deployable shares. Standard library only."""
