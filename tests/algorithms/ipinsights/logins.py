"""Logins from the networks that each of some users has."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.ipinsights.pairs import Pairs, hash_of
from studio_ext.algorithms.ipinsights.training import PairsData


def texts(count: int, seed: int, users: int = 100) -> list[tuple[str, str]]:
    """(user, address): each user has two of 40 networks and a part of each."""
    fixed, rng = np.random.default_rng(0), np.random.default_rng(seed)
    networks = fixed.integers(1, 224, (40, 2))
    home, part = fixed.integers(0, 40, (users, 2)), fixed.integers(0, 256, (users, 2))
    user, which, last = (rng.integers(0, high, count) for high in (users, 2, 256))
    found = []
    for u, w, low in zip(user, which, last, strict=True):
        a, b = networks[home[u, w]]
        found.append((f"user{u}", f"{a}.{b}.{part[u, w]}.{low}"))
    return found


def pairs(rows: list[tuple[str, str]]) -> Pairs:
    octets = np.array([address.split(".") for _, address in rows], np.uint32)
    addresses = octets @ np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
    return Pairs(np.array([hash_of(user) for user, _ in rows], np.uint64), addresses)


def data(count: int = 2000, seed: int = 1) -> PairsData:
    return PairsData(
        {"train": pairs(texts(count, seed)), "validation": pairs(texts(count // 4, seed + 100))}
    )
