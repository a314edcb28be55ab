"""What is wrong with data, in words that name the place and what was expected."""

from __future__ import annotations


class DataError(ValueError):
    """Data that cannot be read as its content type says.

    The message names the file, the line and the column where they are known, the value found and
    what was expected; it is fit to be a job's ``FailureReason``.
    """


class UnsupportedContentType(DataError):
    """The content type is not one that can be read (HTTP 415 in a model server)."""


class UnsupportedAccept(DataError):
    """The content type asked for cannot be written (HTTP 406 in a model server)."""
