"""Findings of an attack that a busy machine causes too."""


class Slow(str):
    """A finding of this kind. The long form fails for it, and the short form only prints it."""
