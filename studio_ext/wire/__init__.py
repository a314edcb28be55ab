"""AWS's protocols, served from botocore's own service models. Knows no noun."""

from .app import make_app
from .service import Caller, Credential, Head, Operation, Response, Service

__all__ = ["Caller", "Credential", "Head", "Operation", "Response", "Service", "make_app"]
