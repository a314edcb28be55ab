"""The networks: two encoders, a comparison, and layers that turn it into scores.

Sources: the developer guide, "How Object2Vec Works"; Conneau et al., "Supervised Learning of
Universal Sentence Representations", for the hierarchical convolutions and the pooled LSTM.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import relu

ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "linear": torch.nn.Identity}
AUTO_LAYERS = {"hcnn": 4, "bilstm": 1, "pooled_embedding": 1}


class Encoder(torch.nn.Module):
    """Token sequences to embeddings.

    Args:
        own: the encoder's values, without prefix.
        dimensions: of an embedding.
        dropout: of the tokens' embeddings.
        sparse: whether slopes of a step's tokens alone are kept.
    """

    def __init__(
        self, own: Mapping[str, Any], dimensions: int, dropout: float, sparse: bool
    ) -> None:
        super().__init__()
        self.kind, width = own["network"], own["token_embedding_dim"]
        layers = AUTO_LAYERS[self.kind] if own["layers"] == "auto" else own["layers"]
        self.dimensions, self.padding = dimensions, own["vocab_size"]
        # The row after the vocabulary's is padding, always 0.
        self.tokens = torch.nn.Embedding(
            own["vocab_size"] + 1, width, padding_idx=self.padding, sparse=sparse
        )
        self.dropout = torch.nn.Dropout(dropout)
        if self.kind == "hcnn":
            ends = [dimensions * i // layers for i in range(layers + 1)]
            sizes = [end - start for start, end in pairwise(ends)]
            self.layers = torch.nn.ModuleList(
                torch.nn.Conv1d(before, size, own["cnn_filter_width"], padding="same")
                for before, size in zip([width, *sizes], sizes, strict=False)
            )
        elif self.kind == "bilstm":
            cells = -(-dimensions // 2)
            self.layers = torch.nn.LSTM(width, cells, layers, batch_first=True, bidirectional=True)
        else:
            self.layers = torch.nn.Linear(width, dimensions)

    def forward(self, tokens: Any, lengths: Any) -> Any:
        """Embeddings (rows, dimensions) of padded tokens (rows, longest) and their lengths."""
        hidden = self.dropout(self.tokens(tokens))
        inside = (tokens != self.padding)[:, :, None]
        if self.kind == "pooled_embedding":
            return self.layers(hidden.sum(1) / lengths[:, None])
        if self.kind == "hcnn":
            pooled, hidden, mask = [], hidden.transpose(1, 2), inside.transpose(1, 2)
            for layer in self.layers:
                hidden = relu(layer(hidden)) * mask
                pooled.append(hidden.amax(2))
            return torch.cat(pooled, 1)
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            hidden, lengths, batch_first=True, enforce_sorted=False
        )
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(
            self.layers(packed)[0], batch_first=True
        )
        return outputs.masked_fill(~inside, -torch.inf).amax(1)[:, : self.dimensions]


class Network(torch.nn.Module):
    """Two encoders and what compares their embeddings.

    Args:
        facts: ``enc0`` and ``enc1`` (values without prefix), and the other hyperparameters.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__()
        dimensions, dropout = facts["enc_dim"], facts["dropout"]
        sparse = facts["token_embedding_storage_type"] == "row_sparse"
        self.comparators = facts["comparator_list"]
        self.encoders = torch.nn.ModuleList(
            Encoder(facts[which], dimensions, dropout, sparse) for which in ("enc0", "enc1")
        )
        if facts["tied_token_embedding_weight"]:
            self.encoders[1].tokens = self.encoders[0].tokens
        size = dimensions * (len(self.comparators) + ("concat" in self.comparators))
        parts: list[Any] = []
        for _ in range(facts["mlp_layers"]):
            parts.append(torch.nn.Linear(size, facts["mlp_dim"]))
            parts.append(ACTIVATIONS[facts["mlp_activation"]]())
            parts.append(torch.nn.Dropout(dropout))
            size = facts["mlp_dim"]
        softmax = facts["output_layer"] == "softmax"
        self.head = torch.nn.Sequential(
            *parts, torch.nn.Linear(size, facts["num_classes"] if softmax else 1)
        )

    def encode(self, which: int, tokens: Any, lengths: Any) -> Any:
        """Embeddings of in0 (0) or in1 (1)."""
        return self.encoders[which](torch.from_numpy(tokens), torch.from_numpy(lengths))

    def compare(self, first: Any, second: Any) -> Any:
        """Raw scores of pairs of embeddings, (rows, classes) or (rows, 1)."""
        parts = {
            "hadamard": lambda: first * second,
            "concat": lambda: torch.cat([first, second], 1),
            "abs_diff": lambda: (first - second).abs(),
        }
        return self.head(torch.cat([parts[name]() for name in self.comparators], 1))
