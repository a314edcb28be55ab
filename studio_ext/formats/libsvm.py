"""LIBSVM text: ``label[:weight] [qid:n] index:value …``, one row a line, absent values missing.

Indices are taken as they stand (0-based, as XGBoost takes them; a file that counts from 1 has an
empty feature 0, there as here).
"""

from __future__ import annotations

from array import array
from typing import IO, NoReturn

import numpy as np

from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table


def read(handle: IO[bytes], source: str, *, label_size: int = 1) -> Table | None:
    """The sparse table in ``handle``; None when it holds no row.

    Args:
        label_size: 0 when rows may begin with a feature, as inference requests do.

    Raises:
        DataError: a label or value that is no number, an index that is no whole number; names the
            line (from 1) and the text.
    """
    labels, weights, groups = array("f"), array("f"), array("q")
    values, indices, starts = array("f"), array("q"), array("q", [0])
    weighted = grouped = False
    for line, raw in enumerate(handle, 1):
        tokens = raw.partition(b"#")[0].split()
        if not tokens:
            continue
        if b":" in tokens[0] and not label_size:
            label, weight = 0.0, 1.0
        else:
            head, _, tail = tokens.pop(0).partition(b":")
            label = _number(head, source, line, "a label")
            weight = _number(tail, source, line, "a weight") if tail else 1.0
            weighted = weighted or bool(tail)
        if tokens and tokens[0].startswith(b"qid:"):
            groups.append(_index(tokens.pop(0)[4:], source, line))
            grouped = True
        for token in tokens:
            index, colon, value = token.partition(b":")
            if not colon:
                _wrong(source, line, token, "index:value")
            indices.append(_index(index, source, line))
            values.append(_number(value, source, line, "a value"))
        labels.append(label)
        weights.append(weight)
        starts.append(len(values))
    if not labels:
        return None
    if grouped and len(groups) != len(labels):
        raise DataError(
            f"{source}: {len(labels) - len(groups)} rows have no qid; expected one each"
        )

    from scipy import sparse

    columns = np.frombuffer(indices, np.int64)
    matrix = sparse.csr_matrix(
        (np.frombuffer(values, np.float32), columns, np.frombuffer(starts, np.int64)),
        shape=(len(labels), int(columns.max(initial=-1)) + 1),
    )
    return Table(
        features=matrix,
        labels=np.frombuffer(labels, np.float32) if label_size else None,
        weights=np.frombuffer(weights, np.float32) if weighted else None,
        groups=np.frombuffer(groups, np.int64) if grouped else None,
    )


def _number(token: bytes, source: str, line: int, what: str) -> float:
    try:
        value = float(token)
    except ValueError:
        _wrong(source, line, token, f"{what}, a number")
    if value in (float("inf"), float("-inf")):
        _wrong(source, line, token, f"{what}, a finite number")
    return value


def _index(token: bytes, source: str, line: int) -> int:
    if not token.isdigit() or len(token) > 10:
        _wrong(source, line, token, "an index, a whole number of at least 0")
    return int(token)


def _wrong(source: str, line: int, token: bytes, expected: str) -> NoReturn:
    text = token.decode("utf-8", "replace")
    raise DataError(f"{source}: line {line}: found '{text}'; expected {expected}")
