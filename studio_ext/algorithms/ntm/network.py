"""The variational autoencoder: an encoder to topic weights, and topics that mix words.

A document's topic weights are the softmax of a normal variable whose mean and variance the encoder
finds; the prior is the softmax-normal that lies nearest to a Dirichlet distribution. Each topic is
a distribution of words, and a document mixes them by its weights. Sources: Miao et al., "Neural
Variational Inference for Text Processing"; Srivastava and Sutton, "Autoencoding Variational
Inference for Topic Models" (its mixture decoder, "LDA-VAE", which recovers topics where its product
of experts does not).
"""

from __future__ import annotations

import math
from typing import Any

import torch

PRIOR = 0.15  # concentration of topics in a document
TINY = 1e-10
ACTIVATIONS = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}


class Network(torch.nn.Module):
    """
    Args:
        words, topics: sizes.
        layers: sizes of the encoder's layers.
        activation: of them.
        batch_norm: whether to normalise each of them too.
    """

    def __init__(
        self, words: int, topics: int, layers: tuple[int, ...], activation: str, batch_norm: bool
    ) -> None:
        super().__init__()
        parts: list[Any] = []
        for size, before in zip(layers, (words, *layers), strict=False):
            layer = torch.nn.Linear(before, size)
            torch.nn.init.xavier_uniform_(layer.weight, 2.0)
            parts += [layer] + [torch.nn.BatchNorm1d(size)] * batch_norm
            parts.append(ACTIVATIONS[activation]())
        self.encoder = torch.nn.Sequential(*parts)
        # Normalised, so that no topic collapses into the prior at first.
        self.mean = torch.nn.Linear(layers[-1], topics)
        self.mean_norm = torch.nn.BatchNorm1d(topics)
        self.spread = torch.nn.Linear(layers[-1], topics)
        self.spread_norm = torch.nn.BatchNorm1d(topics)
        self.decoder = torch.nn.Parameter(torch.empty(topics, words))
        torch.nn.init.xavier_uniform_(self.decoder)
        self.prior = (1 - 2 / topics) / PRIOR + 1 / (topics * PRIOR)

    def encode(self, counts: Any) -> tuple[Any, Any]:
        """Mean and log variance of the normal variable, each (documents, topics)."""
        # Long and short documents look alike, and a word twice as often is not twice the news.
        hidden = self.encoder(torch.nn.functional.normalize(counts.log1p()) * SPREAD)
        return self.mean_norm(self.mean(hidden)), self.spread_norm(self.spread(hidden))

    def losses(self, counts: Any) -> tuple[Any, Any]:
        """Reconstruction loss and Kullback-Leibler divergence of each document."""
        mean, spread = self.encode(counts)
        drawn = mean + torch.randn_like(mean) * (spread / 2).exp() if self.training else mean
        mixed = drawn.softmax(1) @ self.topics()
        reconstruction = -(counts * (mixed + TINY).log()).sum(1)
        divergence = (spread.exp() + mean**2) / self.prior - 1 + math.log(self.prior) - spread
        return reconstruction, divergence.sum(1) / 2

    def weights(self, counts: Any) -> Any:
        """Topic weights of documents, each row of sum 1; equal ones of a document of no words."""
        found = self.encode(counts)[0].softmax(1)
        empty = counts.sum(1, keepdim=True) == 0
        return torch.where(empty, torch.full_like(found, 1 / found.shape[1]), found)

    def topics(self) -> Any:
        """The distribution of words of each topic, (topics, words)."""
        return self.decoder.softmax(1)


SPREAD = 8.0  # size of an encoder's input
