"""LSTM layers with zoneout.

Zoneout (Krueger et al., 2017) leaves a random share of the cells as they were in the step before;
to predict, the share itself weighs old against new. torch's own LSTM has no such thing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

State = tuple[Any, Any]


class Layers(torch.nn.Module):
    """Layers of LSTM on top of each other.

    Args:
        width: numbers of an input.
        cells: of each layer.
        layers: how many.
        zoneout: share of the cells that a step leaves as they are.
    """

    def __init__(self, width: int, cells: int, layers: int, zoneout: float) -> None:
        super().__init__()
        widths = [width] + [cells] * (layers - 1)
        self.cells, self.zoneout = cells, zoneout
        self.inputs = torch.nn.ModuleList(torch.nn.Linear(w, 4 * cells) for w in widths)
        self.recurrent = torch.nn.ParameterList(torch.empty(cells, 4 * cells) for _ in widths)
        for parameter in self.parameters():
            torch.nn.init.uniform_(parameter, -(cells**-0.5), cells**-0.5)

    def forward(self, inputs: Any, states: list[State] | None = None) -> tuple[Any, list[State]]:
        """Outputs of shape (steps, rows, cells) of inputs (steps, rows, width), and the states."""
        steps, rows, _ = inputs.shape
        after = []
        for number, (layer, weights) in enumerate(zip(self.inputs, self.recurrent, strict=True)):
            h, c = states[number] if states else (inputs.new_zeros(rows, self.cells),) * 2
            kept, outputs = self._kept((steps, 2, rows, self.cells)), []
            for step, gates in enumerate(layer(inputs).unbind(0)):
                gates = torch.addmm(gates, h, weights)
                i, f, o = gates[:, : 3 * self.cells].sigmoid().chunk(3, 1)
                new_c = torch.addcmul(f * c, i, gates[:, 3 * self.cells :].tanh())
                keep_h, keep_c = kept[step]
                h = torch.lerp(o * new_c.tanh(), h, keep_h)
                c = torch.lerp(new_c, c, keep_c)
                outputs.append(h)
            inputs = torch.stack(outputs)
            after.append((h, c))
        return inputs, after

    def _kept(self, shape: tuple[int, ...]) -> Any:
        """The share of each old state to keep: all or nothing, drawn anew, while training."""
        if not self.training or not self.zoneout:
            return [(self.zoneout, self.zoneout)] * shape[0]
        seed = int(torch.randint(2**62, ()))
        draws = np.random.default_rng(seed).integers(0, 2**16, shape, np.uint16)
        return torch.from_numpy(draws < self.zoneout * 2**16).float()
