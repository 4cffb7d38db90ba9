"""Samplers against a golden set: cluster sampling's distributions and the guidance formula."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.cogvideo.golden_case import GoldenCase, differing, largest_difference
from training.cogvideo.golden_files import GoldenFile, read_golden
from training.transformer.cluster_sampling import (
    ClusterSampling,
    cluster_shares,
    code_probabilities,
)
from training.transformer.sample import guided

PROBABILITY_LIMIT = 1e-6
RELATIVE_LIMIT = 1e-5
"""Of probabilities that float32 holds exactly enough, those above `SMALLEST`."""

SMALLEST = 1e-30
GUIDED_LIMIT = 1.5e-4
"""The vectors are float32 results at scales that amplify rounding."""


def check_sampling(folder: Path) -> Iterator[GoldenCase]:
    """sampling.npz: every setting of cluster sampling, then guidance at every scale."""
    file = read_golden(folder / "sampling.npz")
    logits = file["logits"].astype(np.float64)
    for number, (temperature, kept, inner) in enumerate(file["params"]):
        sampling = ClusterSampling(file["cluster_map"], temperature, int(kept), inner)
        yield from _check_setting(file, number, sampling, logits)
    yield from _check_guidance(file)


def _check_setting(
    file: GoldenFile, number: int, sampling: ClusterSampling, logits: np.ndarray
) -> Iterator[GoldenCase]:
    name = f"cluster sampling {sampling.temperature:g}/{sampling.kept}"
    name = f"{name}/{sampling.inner_temperature:g}"
    shares = [cluster_shares(row, sampling) for row in logits]
    found = {
        "probs": np.stack([code_probabilities(row, sampling) for row in logits]),
        "cluster_probs": np.stack([share.masses for share in shares]),
        "topk_weights": np.stack([share.weights for share in shares]),
    }
    titles = ("probabilities of codes", "masses of clusters", "weights of kept clusters")
    for title, (key, values) in zip(titles, found.items(), strict=True):
        expected = file[f"setting{number}.{key}"]
        difference = largest_difference(values, expected)
        yield GoldenCase(f"{name}, {title}", "numpy", difference, PROBABILITY_LIMIT, "probability")
        relative = largest_ratio(values, expected)
        yield GoldenCase(
            f"{name}, {title}, relative", "numpy", relative, RELATIVE_LIMIT, "of the value"
        )
    kept = np.stack([share.kept for share in shares])
    wrong = differing(kept, file[f"setting{number}.topk_clusters"])
    yield GoldenCase(f"{name}, kept clusters", "numpy", float(wrong), 0.0, f"of {kept.size} ids")


def largest_ratio(found: np.ndarray, expected: np.ndarray) -> float:
    """max |found / expected - 1|; values below `SMALLEST` must be so on both sides, else inf."""
    small = expected < SMALLEST
    if (found[small] > 10 * SMALLEST).any():
        return float("inf")
    return largest_difference(found[~small] / expected[~small], np.ones((~small).sum()))


def _check_guidance(file: GoldenFile) -> Iterator[GoldenCase]:
    conditional, unconditional = (
        file[name].astype(np.float64) for name in ("cfg.cond", "cfg.uncond")
    )
    for index, scale in enumerate(file["cfg.alphas"]):
        mixed = guided(conditional, unconditional, float(scale))
        difference = largest_difference(mixed, file["cfg.guided"][index])
        name = f"guidance formula at scale {scale:g}"
        yield GoldenCase(name, "numpy", difference, GUIDED_LIMIT, "logit")
