"""Whether chains have converged: R-hat and effective sample size.

Split R-hat and the effective sample size with Geyer's initial positive sequence, over chains, as in
Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021, doi:10.1214/20-BA1221, without rank normalisation.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def split_r_hat(draws: Any) -> Any:
    """R-hat per quantity: 1 when chains agree with each other and each first half with its second.

    Args:
        draws: Chains by draws by quantities; each quantity must vary.
    """
    between, within, length = _variances(_halves(draws))
    return np.sqrt(((length - 1) / length * within + between / length) / within)


def effective_sample_size(draws: Any) -> Any:
    """How many independent draws would tell the mean of each quantity as well; at most all draws.

    Args:
        draws: As for `split_r_hat`.
    """
    halves = _halves(draws)
    between, within, length = _variances(halves)
    total = halves.shape[0] * length
    pooled = (length - 1) / length * within + between / length
    covariance = _autocovariance(halves).mean(axis=0)
    correlation = 1 - (within - covariance * length / (length - 1)) / pooled
    correlation[0] = 1.0
    pairs = correlation[: length // 2 * 2].reshape(length // 2, 2, -1).sum(axis=1)
    # Noise follows the first pair that is not positive; what is before it must not rise.
    pairs = np.minimum.accumulate(np.where(np.minimum.accumulate(pairs > 0, axis=0), pairs, 0.0), axis=0)
    time = 2 * pairs.sum(axis=0) - 1
    return total / np.maximum(time, 1.0)


def _halves(draws: Any) -> Any:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _variances(draws: Any) -> tuple[Any, Any, int]:
    """Between chains times their length, within chains, and that length."""
    length = draws.shape[1]
    within = np.maximum(draws.var(axis=1, ddof=1).mean(axis=0), np.finfo(float).tiny)
    return length * draws.mean(axis=1).var(axis=0, ddof=1), within, length


def _autocovariance(draws: Any) -> Any:
    """By chain, lag and quantity."""
    length = draws.shape[1]
    centred = draws - draws.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, n=2 * length, axis=1)
    return np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :length] / length
