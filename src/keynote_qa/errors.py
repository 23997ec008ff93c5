"""The errors a caller may catch. Each message says what is wrong and what to do next.

KeynoteQAError
├── SourceError      a talk cannot be read
├── ModelError       the embedding model is missing, or not the one it should be
├── IndexStoreError  the index on disk cannot be read, trusted or written
├── JournalError     a file of feedback or of questions cannot be read or written
└── QuestionError    the question cannot be asked as it is

Other libraries' exceptions are turned into these where they enter the package.
"""

from __future__ import annotations


class KeynoteQAError(Exception):
    """Something that the person who reads the message can mend."""


class SourceError(KeynoteQAError):
    """A talk cannot be read: missing, empty, not text, unknown format."""


class ModelError(KeynoteQAError):
    """The embedding model cannot be loaded, or its weights are not the expected ones."""


class IndexStoreError(KeynoteQAError):
    """The index on disk cannot be read, trusted or written."""


class JournalError(KeynoteQAError):
    """A file of feedback or of questions cannot be read or written, or holds something else."""


class QuestionError(KeynoteQAError):
    """The question, or a line of a batch of questions, is not well-formed.

    What a visitor can get wrong has a `key` ("empty", "long"), and the `values` in its message, so
    that a page can say it in other languages.
    """

    def __init__(self, message: str, *, key: str = "", **values: object) -> None:
        super().__init__(message)
        self.key = key
        self.values = values
