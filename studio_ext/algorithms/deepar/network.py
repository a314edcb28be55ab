"""DeepAR's network: embeddings, layers of LSTM, and the numbers of a distribution."""

from __future__ import annotations

from typing import Any

import torch

from studio_ext.algorithms.deepar.layout import Layout
from studio_ext.algorithms.deepar.likelihoods import WIDTHS, loss, neutral, sample
from studio_ext.algorithms.deepar.lstm import Layers
from studio_ext.algorithms.deepar.windows import Batch


class Network(torch.nn.Module):
    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.embeddings = torch.nn.ModuleList(
            torch.nn.Embedding(size, layout.embedding) for size in layout.cardinality
        )
        width = layout.features + len(layout.cardinality) * layout.embedding
        self.layers = Layers(width, layout.cells, layout.layers, layout.dropout)
        self.output = torch.nn.Linear(layout.cells, WIDTHS[layout.likelihood])
        self.register_buffer("back", torch.tensor(layout.lags), persistent=False)

    def loss(self, batch: Batch) -> Any:
        """The mean loss of the windows' observed points."""
        layout, longest = self.layout, self.layout.lags[-1]
        history, seen = torch.from_numpy(batch.history), torch.from_numpy(batch.seen)
        scale = torch.from_numpy(batch.scale)
        steps = layout.context + layout.horizon
        at = longest + torch.arange(steps)[:, None] - self.back
        lagged = history.t()[at].transpose(1, 2) / scale[:, None]  # (steps, rows, lags)
        latest = seen.t()[longest - 1 : -1, :, None]
        known = torch.from_numpy(batch.known)
        static = self._static(batch, scale).expand(steps, -1, -1)
        hidden, _ = self.layers(torch.cat([lagged, latest, known, static], 2))
        observed = seen[:, longest:].t()
        target = torch.where(observed > 0, history[:, longest:].t(), neutral(layout.likelihood))
        each = loss(layout.likelihood, self.output(hidden), target, scale)
        return (each * observed).sum() / observed.sum().clamp(min=1)

    @torch.no_grad()
    def paths(self, batch: Batch, samples: int) -> Any:
        """Sample paths of the points to forecast, shape (rows, samples, horizon)."""
        layout, longest = self.layout, self.layout.lags[-1]
        rows, context = len(batch.scale), layout.context
        scale = torch.from_numpy(batch.scale)
        history, seen = torch.from_numpy(batch.history), torch.from_numpy(batch.seen)
        known, static = torch.from_numpy(batch.known), self._static(batch, scale)
        at = longest + torch.arange(context)[:, None] - self.back
        lagged = history.t()[at].transpose(1, 2) / scale[:, None]
        latest = seen.t()[longest - 1 : longest - 1 + context, :, None]
        inputs = [lagged, latest, known[:context], static.expand(context, -1, -1)]
        _, states = self.layers(torch.cat(inputs, 2))

        states = [(_repeat(h, samples), _repeat(c, samples)) for h, c in states]
        scale, static = _repeat(scale, samples), _repeat(static, samples)
        past = _repeat(history, samples).t().contiguous()  # (points, rows · samples)
        latest = _repeat(seen[:, longest + context - 1], samples)[:, None]
        for step in range(context, context + layout.horizon):
            lagged = (past[longest + step - self.back] / scale).t()
            inputs = [lagged, latest, _repeat(known[step], samples), static]
            hidden, states = self.layers(torch.cat(inputs, 1)[None], states)
            past[longest + step] = sample(layout.likelihood, self.output(hidden[0]), scale)
            latest = torch.ones_like(latest)
        return past[longest + context :].t().reshape(rows, samples, layout.horizon).numpy()

    def _static(self, batch: Batch, scale: Any) -> Any:
        """What is the same at every point of a window, shape (rows, numbers)."""
        cat = torch.from_numpy(batch.cat)
        found = [table(cat[:, i]) for i, table in enumerate(self.embeddings)]
        return torch.cat([*found, scale.log()[:, None]], 1)


def _repeat(tensor: Any, times: int) -> Any:
    return tensor.repeat_interleave(times, 0)
