"""Topics, the mixtures of documents, and the artefact ``model_algo-1``.

The artefact is as SageMaker's: MXNet arrays ``alpha`` (topics,) and ``beta`` (topics, words),
without names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"
CELLS = 1_000_000  # numbers of a block of documents
STEPS, CLOSE = 100, 1e-3  # of inference: at most, and the mean change of a count at the end


@dataclass(frozen=True, slots=True)
class Topics:
    """A model of documents.

    Attributes:
        alpha: of the Dirichlet prior of mixtures, shape (topics,).
        beta: each topic's probabilities of words, shape (topics, words).
    """

    alpha: Any
    beta: Any

    @property
    def features(self) -> int:
        return int(self.beta.shape[1])

    def infer(self, counts: Any) -> tuple[Any, Any, float]:
        """Variational inference (Blei, Ng and Jordan, 2003, section 5.2), in blocks.

        Args:
            counts: dense or ``scipy.sparse``, shape (documents, words).

        Returns:
            Parameters of each document's mixture, shape (documents, topics); how often each topic
            has each word, of ``beta``'s shape; the bound of the log likelihood of all words.
        """
        block = max(1, CELLS // self.features)
        gammas, words, bound = [], np.zeros_like(self.beta), 0.0
        for start in range(0, counts.shape[0], block):
            part = counts[start : start + block]
            dense = part if isinstance(part, np.ndarray) else part.toarray()
            gamma, shares, likelihood = self._block(dense.astype(np.float64))
            gammas.append(gamma)
            words += shares
            bound += likelihood
        return np.concatenate(gammas), words * self.beta, bound

    def _block(self, counts: Any) -> tuple[Any, Any, float]:
        from scipy.special import gammaln

        alpha = self.alpha
        gamma = alpha + counts.sum(1, keepdims=True) / len(alpha)
        for _ in range(STEPS):
            log_mean = _log_mean(gamma)
            mean = np.exp(log_mean)
            ratio = counts / np.maximum(mean @ self.beta, 1e-100)
            moved = alpha + mean * (ratio @ self.beta.T)
            change = np.abs(moved - gamma).mean()
            gamma = moved
            if change < CLOSE:
                break
        log_mean = _log_mean(gamma)
        mean = np.exp(log_mean)
        chances = np.maximum(mean @ self.beta, 1e-100)
        ratio = counts / chances
        prior = len(counts) * (gammaln(alpha.sum()) - gammaln(alpha).sum())
        posterior = (gammaln(gamma.sum(1)) - gammaln(gamma).sum(1)).sum()
        between = ((alpha - gamma) * log_mean).sum()
        bound = float((counts * np.log(chances)).sum() + prior - posterior + between)
        return gamma, mean.T @ ratio, bound

    def mixtures(self, counts: Any) -> Any:
        """Each document's share of each topic, shape (documents, topics)."""
        gamma = self.infer(counts)[0]
        return gamma / gamma.sum(1, keepdims=True)

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        data = mxnet.dump([self.alpha.astype(np.float32), self.beta.astype(np.float32)])

        def write(part: Path) -> None:
            part.write_bytes(data)

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> Topics:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of lda")
        arrays = list(mxnet.load(path.read_bytes()).values())
        shapes = [array.shape for array in arrays]
        if len(shapes) != 2 or len(shapes[1]) != 2 or shapes[0] != shapes[1][:1]:
            raise DataError(
                f"{FILE} cannot be read as an lda model: it holds arrays of "
                f"{', '.join(map(str, shapes))}; expected alpha (topics,) and beta (topics, words)"
            )
        return cls(arrays[0].astype(np.float64), arrays[1].astype(np.float64))


def _log_mean(gamma: Any) -> Any:
    """The expected logarithm of a mixture, of Dirichlet's distribution."""
    from scipy.special import digamma

    return digamma(gamma) - digamma(gamma.sum(1, keepdims=True))
