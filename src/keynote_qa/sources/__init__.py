"""Reading sources: a file in, a `Talk` out. One module a format."""

from __future__ import annotations

from keynote_qa.sources.load import SUFFIXES, find_sources, load_talk, read_talk

__all__ = ["SUFFIXES", "find_sources", "load_talk", "read_talk"]
