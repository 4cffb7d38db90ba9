"""Cluster sampling of codes ("CogLM strategy" of CogView2 and CogVideo).

A fixed map sends every code to a cluster of similar codes. With temperature t, kept clusters k and
inner temperature i, from logits [K] in float64:

    1. p = softmax(logits / t); a cluster's mass is the sum of its codes' p;
    2. the k clusters of largest mass are kept (equal masses: lower cluster first); one is drawn by
       its share of the kept mass;
    3. its code is drawn from softmax(logits / (t * i)) over the codes of that cluster.

One uniform number u draws both: it falls into one kept cluster's part of [0, 1), in order of mass,
and its place within that part draws the code, in order of id. Codes whose logit is -inf have no
part. The TypeScript twin is workers/sampling/clusterSampling.ts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClusterSampling:
    """The map and the three settings; CogVideo's are listed in docs/cogvideo.md section 5.1."""

    clusters: np.ndarray  # int [K], cluster of each code, 0..n-1
    temperature: float  # of codes and clusters
    kept: int  # clusters that can be drawn
    inner_temperature: float  # times `temperature` within the cluster

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.inner_temperature <= 0:
            raise ValueError(
                f"temperatures must be above 0, not {self.temperature} and {self.inner_temperature}"
            )
        if not self.kept >= 1:
            raise ValueError(f"at least one cluster must be kept, not {self.kept}")
        if self.clusters.ndim != 1 or not len(self.clusters) or self.clusters.min() < 0:
            raise ValueError("the map must give a cluster from 0 to every code")


@dataclass(frozen=True)
class ClusterShares:
    """The clusters that can be drawn, likeliest first."""

    masses: np.ndarray  # float64 [n], probability of every cluster before any is dropped
    kept: np.ndarray  # int [k], cluster ids
    weights: np.ndarray  # float64 [k], their shares, sum 1


def cluster_shares(logits: np.ndarray, sampling: ClusterSampling) -> ClusterShares:
    """Steps 1 and 2 for logits [K]. ValueError where they hold NaN or nothing finite."""
    logits = _checked(logits, sampling)
    weights = np.exp((logits - logits.max()) / sampling.temperature)
    masses = np.bincount(sampling.clusters, weights / weights.sum())
    kept = np.argsort(-masses, kind="stable")[: sampling.kept]
    return ClusterShares(masses, kept, masses[kept] / masses[kept].sum())


def codes_of(
    logits: np.ndarray, sampling: ClusterSampling, cluster: int
) -> tuple[np.ndarray, np.ndarray]:
    """Step 3: the cluster's codes, ascending, and their probabilities (float64, sum 1)."""
    codes = np.flatnonzero(sampling.clusters == cluster)
    inside = np.asarray(logits, np.float64)[codes]
    temperature = sampling.temperature * sampling.inner_temperature
    weights = np.exp((inside - inside.max()) / temperature)
    return codes, weights / weights.sum()


def code_probabilities(logits: np.ndarray, sampling: ClusterSampling) -> np.ndarray:
    """float64 [K]: how likely each code of logits [K] is drawn."""
    shares = cluster_shares(logits, sampling)
    found = np.zeros(len(sampling.clusters))
    for cluster, weight in zip(shares.kept, shares.weights, strict=True):
        if weight > 0:
            codes, inside = codes_of(logits, sampling, int(cluster))
            found[codes] = weight * inside
    return found


def draw_code(logits: np.ndarray, sampling: ClusterSampling, u: float) -> int:
    """Draws one code from logits [K] with a uniform number u in [0, 1)."""
    shares = cluster_shares(logits, sampling)
    rank, within = _place(shares.weights, u)
    codes, inside = codes_of(logits, sampling, int(shares.kept[rank]))
    return int(codes[_place(inside, within)[0]])


def _place(weights: np.ndarray, u: float) -> tuple[int, float]:
    """The entry in whose part of the summed weights u falls, and where in that part, [0, 1)."""
    running = np.cumsum(weights)
    target = u * running[-1]
    rank = int(np.searchsorted(running, target, side="right"))
    rank = min(rank, int(np.flatnonzero(weights)[-1]))
    before = running[rank - 1] if rank else 0.0
    return rank, min(max(0.0, (target - before) / weights[rank]), 1 - 2.0**-53)


def _checked(logits: np.ndarray, sampling: ClusterSampling) -> np.ndarray:
    logits = np.asarray(logits, np.float64)
    if logits.shape != sampling.clusters.shape:
        raise ValueError(
            f"logits of shape {logits.shape} do not fit a map of {len(sampling.clusters)} codes"
        )
    if np.isnan(logits).any() or not np.isfinite(logits.max()):
        raise ValueError("the logits hold NaN, or no finite number")
    return logits
