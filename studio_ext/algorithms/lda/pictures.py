"""What LDA found: the likeliest words of the most frequent topics."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.lda.training import Fit
from studio_ext.algorithms.pictures import Picture, draw_bars, dress, finish, new_figure

SHOWN_TOPICS = 4
SHOWN_WORDS = 8


def topics(fit: Fit, data: Data) -> Picture:
    """A panel for each of the most frequent topics: its likeliest words, and how likely."""
    model, table = fit.model, data.train
    count = min(SHOWN_TOPICS, len(model.alpha))
    shares = model.alpha / model.alpha.sum()
    figure, panels = new_figure(count, width=2.6 * count, height=2.8, left=0.95)
    said = []
    for topic, panel in enumerate(panels):
        chances = model.beta[topic]
        top = np.argsort(-chances, kind="stable")[:SHOWN_WORDS]
        words = [table.name(int(word)) for word in top]
        bars = [
            ((0.0, row - 0.35), 100 * float(chances[word]), 0.7) for row, word in enumerate(top)
        ]
        draw_bars(panel, bars)
        panel.set_ylim(len(top) - 0.4, -0.6)
        panel.set_xlim(0, 105 * float(chances[top[0]]))
        names = [(i, one if len(one) <= 13 else f"{one[:12]}…") for i, one in enumerate(words)]
        title = f"Topic {topic}, {shares[topic]:.0%}"
        dress(panel, title, "% of its words", "", rows=names, grid="x")
        said.append(f"topic {topic} ({shares[topic]:.1%}): {', '.join(words[:5])}")
    rest = len(model.alpha) - count
    more = f"; and {rest} more" if rest else ""
    return finish(figure, f"The most frequent topics and their words: {'; '.join(said)}{more}")
