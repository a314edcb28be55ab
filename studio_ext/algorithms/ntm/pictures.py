"""Pictures of topics: their words, and how much of the documents they make up."""

from __future__ import annotations

from collections.abc import Sequence

from studio_ext.algorithms.ntm.topics import Topic
from studio_ext.algorithms.pictures import BLUE, INK, Picture, dress, finish, new_figure

SHOWN, WORDS, ACROSS = 12, 6, 4


def topic_words(topics: Sequence[Topic]) -> Picture:
    """A panel for each of the largest topics: its likeliest words, with their probability."""
    shown = list(topics[:SHOWN])
    columns = min(ACROSS, len(shown))
    rows = -(-len(shown) // columns)
    figure, panels = new_figure(columns, width=2.4 * columns, height=1.75 * rows, left=0.1)
    spare = [panel.get_position() for panel in panels]
    for panel in panels:
        panel.remove()
    for place, topic in enumerate(shown):
        row, column = divmod(place, columns)
        box = spare[column]
        bottom = 1 - (row + 0.92) / rows
        panel = figure.add_axes((box.x0, bottom, box.width, 0.74 / rows))
        _words(panel, topic)
    caption = "; ".join(
        f"topic {t.number} ({t.share:.0%}): {', '.join(word for word, _ in t.words[:5])}"
        for t in shown
    )
    return finish(figure, f"Likeliest words of the largest topics: {caption}")


def _words(panel: object, topic: Topic) -> None:
    from typing import Any, cast

    axes = cast(Any, panel)
    words = topic.words[:WORDS]
    most = max(chance for _, chance in words) or 1.0
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(WORDS - 0.4, -0.6)
    axes.barh(range(len(words)), [c / most for _, c in words], 0.8, color=BLUE, alpha=0.3)
    for place, (word, chance) in enumerate(words):
        name = word if len(word) <= 16 else f"{word[:15]}…"
        axes.text(0.02, place, name, color=INK, fontsize=8, va="center")
        axes.text(1, place, f"{chance:.1%}", color=INK, fontsize=7, va="center", ha="right")
    title = f"Topic {topic.number}: {topic.share:.0%}"
    axes.text(0, -0.75, title, color=INK, fontsize=9, fontweight="bold", va="bottom")


def shares(topics: Sequence[Topic]) -> Picture:
    """How much of the words each topic has, against how coherent it is."""
    figure, (panel,) = new_figure(1, width=4.2)
    panel.plot([100 * t.share for t in topics], [t.coherence for t in topics], "o", color=BLUE)
    for topic in topics[:SHOWN]:
        panel.annotate(
            str(topic.number),
            (100 * topic.share, topic.coherence),
            (4, 2),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    dress(panel, "Topics by size and coherence", "share of all words, %", "coherence (NPMI)")
    mean = sum(t.coherence for t in topics) / len(topics)
    return finish(
        figure,
        f"{len(topics)} topics; the largest has {topics[0].share:.0%} of the words; mean "
        f"coherence {mean:.2f}",
    )
