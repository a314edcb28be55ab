"""Trained models and their artefacts.

Word vectors: ``vectors.txt`` in word2vec's text form and ``vectors.bin``, a fastText model. A
classifier: ``model.bin``, a fastText model. All are whole or not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasttext
import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.formats.errors import DataError

VECTORS_TEXT, VECTORS, CLASSIFIER = "vectors.txt", "vectors.bin", "model.bin"
END = "</s>"  # fastText's word for the end of a line


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Attributes: words, the most frequent first; vectors (words, dimensions); the fastText model.

    A vector is the word's row of the input matrix, with subwords the mean of its rows: fastText's
    own ``get_word_vector`` here scales them to length 1.
    """

    words: list[str]
    vectors: Any
    engine: Any

    @classmethod
    def of(cls, engine: Any) -> WordVectors:
        words = [word for word in engine.get_words() if word != END]
        found = cls(words, np.empty((0, engine.get_dimension()), np.float32), engine)
        matrix = found._matrix()
        rows = [found._rows(word) for word in words]
        if all(len(row) == 1 for row in rows):
            vectors = matrix[[row[0] for row in rows]]
        else:
            vectors = np.stack([matrix[row].mean(0) for row in rows])
        return cls(words, np.asarray(vectors, np.float32), engine)

    def vector(self, word: str) -> Any:
        """Of any word; of an unknown one the mean of its subwords, without them zeros."""
        rows = self._rows(word)
        if not len(rows):
            return np.zeros(self.engine.get_dimension(), np.float32)
        return self._matrix()[rows].mean(0)

    def nearest(self, word: int, count: int) -> list[tuple[str, float]]:
        """The words of the greatest cosine to one, given by its number."""
        lengths = np.linalg.norm(self.vectors, axis=1)
        along = self.vectors @ self.vectors[word]
        cosines = along / np.maximum(lengths * lengths[word], 1e-12)
        cosines[word] = -np.inf
        best = np.argsort(-cosines)[: min(count, len(self.words) - 1)]
        return [(self.words[i], float(cosines[i])) for i in best]

    def _matrix(self) -> Any:
        return np.asarray(self.engine.f.getInputMatrix())  # a view, where get_… copies

    def _rows(self, word: str) -> Any:
        """Of the input matrix: the word's own, where there is one, and those of its subwords."""
        return self.engine.get_subwords(word)[1]

    def save(self, model_dir: Path) -> None:
        def write(part: Path) -> None:
            with part.open("w", encoding="utf-8", newline="\n") as out:
                out.write(f"{len(self.words)} {self.vectors.shape[1]}\n")
                for word, row in zip(self.words, self.vectors.tolist(), strict=True):
                    out.write(f"{word} {' '.join(f'{value:.6g}' for value in row)}\n")

        write_whole(model_dir / VECTORS_TEXT, write)
        write_whole(model_dir / VECTORS, lambda part: self.engine.save_model(str(part)))


@dataclass(frozen=True, slots=True)
class Classifier:
    """A fastText model that has labels."""

    engine: Any

    def classify(self, sentences: list[str], k: int) -> list[tuple[list[str], list[float]]]:
        """The ``k`` most likely labels of each sentence and their probabilities."""
        lines = [" ".join(sentence.split()) for sentence in sentences]
        labels, chances = self.engine.predict(lines, k=k)
        return [
            (list(names), [min(1.0, float(chance)) for chance in own])
            for names, own in zip(labels, chances, strict=True)
        ]

    def save(self, model_dir: Path) -> None:
        write_whole(model_dir / CLASSIFIER, lambda part: self.engine.save_model(str(part)))


def load(model_dir: str | Path) -> WordVectors | Classifier:
    """The model of a directory.

    Raises:
        DataError: there is none, or it is not one of fastText's.
    """
    folder = Path(model_dir)
    for name in (CLASSIFIER, VECTORS):
        path = folder / name
        if not path.is_file():
            continue
        try:
            engine = fasttext.load_model(str(path))
        except (ValueError, RuntimeError, MemoryError) as error:
            raise DataError(
                f"{name} cannot be read as a fastText model ({error}); expected the artefact of "
                f"blazingtext"
            ) from error
        return Classifier(engine) if name == CLASSIFIER else WordVectors.of(engine)
    raise DataError(
        f"'{model_dir}' has neither {CLASSIFIER} nor {VECTORS}; expected the artefact of "
        f"blazingtext"
    )
