"""What an attack has found that a busy machine causes too."""


class Slow(str):
    """Such a finding: the long form fails for it, the short form only prints it."""
