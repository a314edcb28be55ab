"""A trained topic model and its artefact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio_ext.algorithms import artefact
from studio_ext.algorithms.networks import arrays_of, restore
from studio_ext.algorithms.ntm.contract import NTM
from studio_ext.algorithms.ntm.network import Network
from studio_ext.formats.errors import DataError

TOGETHER = 20_000_000  # cells of the documents encoded at the same time


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
        topics = values["num_topics"]
        layers = values["encoder_layers"]
        facts = {
            "words": values["feature_dim"],
            "topics": topics,
            "layers": (3 * topics, 2 * topics) if layers == "auto" else layers,
            "activation": values["encoder_layers_activation"],
            "batch_norm": values["batch_norm"],
        }
        return cls(facts, Network(**facts))

    @property
    def words(self) -> int:
        return int(self.facts["words"])

    @torch.no_grad()
    def weights(self, counts: Any) -> Any:
        """Topic weights (documents, topics) of a sparse matrix of counts."""
        self.network.eval()
        parts = [self.network.weights(part).numpy() for part in _parts(counts)]
        return np.concatenate(parts)

    @torch.no_grad()
    def losses(self, counts: Any) -> dict[str, float]:
        """Mean losses of a document."""
        self.network.eval()
        sums = np.zeros(2)
        for part in _parts(counts):
            pair = self.network.losses(part)
            sums += [float(one.double().sum()) for one in pair]
        return named(sums / counts.shape[0])

    @torch.no_grad()
    def topics(self) -> Any:
        """The distribution of words of each topic, (topics, words)."""
        return self.network.topics().numpy()

    def save(self, model_dir: Path) -> None:
        artefact.save(
            model_dir, arrays_of(self.network), {"algorithm": NTM.name, "network": dict(self.facts)}
        )

    @classmethod
    def load(cls, model_dir: str | Path) -> Model:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        arrays, found = artefact.load(model_dir, NTM.name)
        try:
            facts = found["network"]
            return cls(facts, restore(Network(**facts), arrays))
        except (KeyError, TypeError, RuntimeError) as error:
            raise DataError(f"the model's description is not of ntm ({error})") from error


def _parts(counts: Any) -> Iterator[Any]:
    size = max(1, TOGETHER // counts.shape[1])
    for at in range(0, counts.shape[0], size):
        yield dense(counts[at : at + size])


def dense(counts: Any) -> Any:
    return torch.from_numpy(counts.toarray())


def named(pair: Any) -> dict[str, float]:
    """Of (reconstruction, divergence)."""
    reconstruction, divergence = (float(one) for one in pair)
    return {"total_loss": reconstruction + divergence, "recons": reconstruction, "kld": divergence}
