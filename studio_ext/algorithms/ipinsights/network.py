"""The network in torch: vectors of entities, an encoder of addresses, and their training step."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from studio_ext.algorithms.ipinsights.model import IpModel
from studio_ext.algorithms.ipinsights.pairs import bits

START = 0.05  # deviation of the vectors of entities
WIDER = 2  # hidden layers of the encoder, relative to vector_dim


class Network:
    """What is trained, with its optimisers.

    Only the vectors of the entities in a step are moved, however many there are.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        torch.manual_seed(0)
        self.values = values
        self.rng = np.random.default_rng(0)
        size, width = values["vector_dim"], WIDER * values["vector_dim"]
        self.entities = nn.Embedding(values["num_entity_vectors"], size, sparse=True)
        nn.init.normal_(self.entities.weight, 0, START)
        sizes = [32, *[width] * values["num_ip_encoder_layers"], size]
        self.layers = [nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
        weights = [p for layer in self.layers for p in layer.parameters()]
        rate, decay = values["learning_rate"], values["weight_decay"]
        self.optimizers = (
            torch.optim.SparseAdam(list(self.entities.parameters()), rate),
            torch.optim.Adam(weights, rate, weight_decay=decay),
        )

    def step(self, rows: Any, addresses: Any) -> float:
        """Tell the pairs of a mini-batch from negative samples; the mean loss.

        Args:
            rows: numbers of the entities' vectors.
            addresses: uint32, of the same shape.
        """
        own = self.entities(torch.from_numpy(rows))
        encoded = self.encode(addresses)
        scores = [(own * encoded).sum(1)]
        for _ in range(self.values["shuffled_negative_sampling_rate"]):
            order = torch.from_numpy(self.rng.permutation(len(rows)))
            scores.append((own * encoded[order]).sum(1))
        for _ in range(self.values["random_negative_sampling_rate"]):
            drawn = self.rng.integers(0, 2**32, len(rows), np.uint32)
            scores.append((own * self.encode(drawn)).sum(1))
        told = torch.cat(scores)
        truth = torch.zeros_like(told)
        truth[: len(rows)] = 1
        loss = functional.binary_cross_entropy_with_logits(told, truth)
        decay = 0.5 * self.values["weight_decay"] * (own * own).sum(1).mean()
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        (loss + decay).backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return float(loss.detach())

    def encode(self, addresses: Any) -> torch.Tensor:
        found = torch.from_numpy(bits(addresses))
        for number, layer in enumerate(self.layers):
            found = layer(found)
            if number < len(self.layers) - 1:
                found = functional.relu(found)
        return found

    def model(self) -> IpModel:
        """As numpy arrays, copied."""
        layers = [
            (layer.weight.detach().numpy().copy(), layer.bias.detach().numpy().copy())
            for layer in self.layers
        ]
        return IpModel(self.entities.weight.detach().numpy().copy(), layers)
