"""Faults on demand: their names, and the replies and errors that they make."""
