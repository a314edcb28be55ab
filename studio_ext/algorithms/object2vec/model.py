"""A trained Object2Vec model and its artefact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from studio_ext.algorithms import artefact
from studio_ext.algorithms.networks import arrays_of, restore
from studio_ext.algorithms.object2vec.contract import OBJECT2VEC, encoder_of
from studio_ext.algorithms.object2vec.network import Network
from studio_ext.algorithms.object2vec.pairs import Pairs, Sequences
from studio_ext.formats.errors import DataError

TOGETHER = 256  # sequences encoded at the same time
KEPT = (
    "enc_dim", "tied_token_embedding_weight", "token_embedding_storage_type", "comparator_list",
    "mlp_layers", "mlp_dim", "mlp_activation", "output_layer", "num_classes", "dropout",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """
    Attributes:
        facts: what the network was made with.
    """

    facts: Mapping[str, Any]
    network: Network

    @classmethod
    def make(cls, values: Mapping[str, Any]) -> Model:
        """An untrained one, from typed hyperparameters."""
        facts: dict[str, Any] = {name: values[name] for name in KEPT}
        for which in ("enc0", "enc1"):
            facts[which] = encoder_of(values, which)
        return cls(facts, Network(facts))

    @property
    def classifies(self) -> bool:
        return bool(self.facts["output_layer"] == "softmax")

    def vocabulary(self, which: int) -> int:
        return int(self.facts[f"enc{which}"]["vocab_size"])

    def most(self, which: int) -> int:
        """Tokens of a sequence that are looked at."""
        return int(self.facts[f"enc{which}"]["max_seq_len"])

    def batch(self, which: int, sequences: Sequences, rows: Any, most: int | None = None) -> Any:
        """The embeddings of some sequences of in0 (0) or in1 (1)."""
        padded = sequences.padded(rows, most or self.most(which), self.vocabulary(which))
        return self.network.encode(which, *padded)

    @torch.no_grad()
    def embeddings(self, which: int, sequences: Sequences, most: int | None = None) -> Any:
        """Embeddings (sequences, dimensions), as a NumPy array."""
        self.network.eval()
        parts = [self.batch(which, sequences, rows, most) for rows in _rows(len(sequences))]
        return torch.cat(parts).numpy()

    @torch.no_grad()
    def raw(self, first: Sequences, second: Sequences, most: tuple[int, int] | None = None) -> Any:
        """Raw scores of pairs, (pairs, classes) or (pairs, 1)."""
        self.network.eval()
        limits = most or (self.most(0), self.most(1))
        parts = [
            self.network.compare(
                self.batch(0, first, rows, limits[0]), self.batch(1, second, rows, limits[1])
            )
            for rows in _rows(len(first))
        ]
        return torch.cat(parts)

    def scores(self, raw: Any) -> Any:
        """Probabilities of classes, or the numbers themselves."""
        return (raw.softmax(1) if self.classifies else raw).numpy()

    def metrics(self, pairs: Pairs) -> dict[str, float]:
        """The documented metrics; the first is the loss."""
        raw, labels = self.raw(pairs.first, pairs.second), torch.from_numpy(pairs.labels)
        if not self.classifies:
            return {"mean_squared_error": float(((raw[:, 0] - labels) ** 2).double().mean())}
        right = raw.argmax(1) == labels
        return {
            "cross_entropy": float(cross_entropy(raw, labels.long())),
            "accuracy": float(right.double().mean()),
        }

    def save(self, model_dir: Path) -> None:
        facts = {"algorithm": OBJECT2VEC.name, "network": dict(self.facts)}
        artefact.save(model_dir, arrays_of(self.network), facts)

    @classmethod
    def load(cls, model_dir: str | Path) -> Model:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        arrays, found = artefact.load(model_dir, OBJECT2VEC.name)
        try:
            facts = found["network"]
            return cls(facts, restore(Network(facts), arrays))
        except (KeyError, TypeError, RuntimeError) as error:
            raise DataError(f"the model's description is not of object2vec ({error})") from error


def _rows(count: int) -> Iterator[Any]:
    for start in range(0, count, TOGETHER):
        yield np.arange(start, min(count, start + TOGETHER))
