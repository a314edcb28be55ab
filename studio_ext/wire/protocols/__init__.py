"""AWS's protocols, one a module, each a ``Codec``: bytes to parameters and output to bytes."""

from .base import Codec
from .json import JsonCodec
from .query import QueryCodec
from .rest import RestCodec
from .rpc import CborCodec

__all__ = ["CborCodec", "Codec", "JsonCodec", "QueryCodec", "RestCodec"]
