"""The version, where any part may read it."""

__version__ = "0.1.0"
