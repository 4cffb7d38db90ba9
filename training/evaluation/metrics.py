"""Statistics of the report, as pure functions of numbers."""

from __future__ import annotations

import math

import numpy as np

_Z95 = 1.959963984540054  # standard deviations of a two-sided 95 % interval


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """95 % score interval of a share (Wilson, 1927); ValueError when there is nothing to count."""
    if count <= 0 or not 0 <= right <= count:
        raise ValueError(f"{right} of {count} is not a share")
    share, z2 = right / count, _Z95**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    half = _Z95 * spread / (1 + z2 / count)
    return max(0.0, centre - half), min(1.0, centre + half)


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Frechet distance of two sets of features [N, D] and [M, D], each taken as a Gaussian.

    d^2 = |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson & Landau, 1982; Heusel et al., 2017).
    The trace of the root is the sum of the roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which
    is symmetric, so singular covariances (fewer clips than features) are no trouble. Small sets
    bias the distance upwards: compare only figures of equal N and M.
    """
    for features in (first, second):
        if features.ndim != 2 or len(features) < 2:
            raise ValueError(f"features must be [N, D] with N of at least 2, not {features.shape}")
    mean1, mean2 = first.mean(0, dtype=np.float64), second.mean(0, dtype=np.float64)
    cov1, cov2 = (_covariance(features) for features in (first, second))
    values, vectors = np.linalg.eigh(cov1)
    root1 = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    roots = np.sqrt(np.clip(np.linalg.eigvalsh(root1 @ cov2 @ root1), 0, None))
    distance = ((mean1 - mean2) ** 2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * roots.sum()
    return max(0.0, float(distance))


def _covariance(features: np.ndarray) -> np.ndarray:
    return np.atleast_2d(np.cov(features.astype(np.float64), rowvar=False))


def inception_score(shares: np.ndarray) -> float:
    """exp(mean KL(p(y|x) || p(y))) of class probabilities [N, classes] (Salimans et al., 2016).

    From 1 (all clips alike, or all unsure) to the number of classes.
    """
    if shares.ndim != 2 or len(shares) == 0:
        raise ValueError(f"probabilities must be [N, classes], not {shares.shape}")
    shares = shares.astype(np.float64)
    marginal = shares.mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = shares * (np.log(shares) - np.log(marginal))
    return float(np.exp(np.where(shares > 0, terms, 0.0).sum(1).mean()))


def joint_shares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Probabilities [N, A] and [N, B] of two labels -> [N, A * B] of the pair, taken as independent
    given the clip."""
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)
