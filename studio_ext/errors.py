"""Errors in AWS's shape: a code that clients match on, a message that people read.

Every room raises these; only ``wire`` knows how they travel.
"""

from __future__ import annotations


class StudioError(Exception):
    """Base of every error that Studio raises on purpose."""


class AwsError(StudioError):
    """An error a client sees.

    Args:
        code: the error code, as in AWS's model, such as ``ResourceInUse``.
        message: names the offending value and what was expected.
        status: HTTP status.
    """

    code = "InternalFailure"
    status = 500

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class ValidationException(AwsError):
    code, status = "ValidationException", 400


class ResourceNotFound(AwsError):
    code, status = "ResourceNotFound", 400


class ResourceInUse(AwsError):
    code, status = "ResourceInUse", 400


class ResourceLimitExceeded(AwsError):
    code, status = "ResourceLimitExceeded", 400


class ConflictException(AwsError):
    code, status = "ConflictException", 400


class UnknownOperation(AwsError):
    code, status = "UnknownOperationException", 400


class AccessDenied(AwsError):
    code, status = "AccessDeniedException", 403
