"""One figure of the comparison with golden vectors: how far one side is from the reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Side = Literal["torch", "onnx", "numpy"]
"""Where the compared values were computed: our PyTorch modules, the exported graphs in onnxruntime,
or plain numpy (samplers, token layouts)."""


@dataclass(frozen=True)
class GoldenCase:
    """The largest difference of one case on one side. It fails above `limit`, and when it is not a
    number."""

    name: str  # what is compared, e.g. "stage 1, case 0: training graph, logits"
    side: Side
    difference: float  # largest absolute difference, or a count, in `unit`
    limit: float  # the largest difference that passes
    unit: str  # e.g. "logit", "nat", "pixel of 0..1", "ids that differ"

    @property
    def passes(self) -> bool:
        return bool(self.difference <= self.limit)  # false for NaN

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passes": self.passes}

    def __str__(self) -> str:
        verdict = "ok" if self.passes else "TOO LARGE"
        figure = f"{self.difference:.2e}" if self.limit else f"{self.difference:g}"
        figures = f"{figure} {self.unit} (limit {self.limit:g})"
        return f"{self.side:5} {self.name}: {figures} {verdict}"


def largest_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """max |found - expected| in float64; NaN where either has one.

    Arrays of different shapes are a ValueError: broadcasting would hide a wrong shape.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ValueError(f"found an array of shape {found.shape}, expected {expected.shape}")
    if not found.size:
        raise ValueError("nothing to compare: the arrays are empty")
    return float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).max())


def differing(found: np.ndarray, expected: np.ndarray) -> int:
    """How many ids differ. Arrays of different shapes are a ValueError."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise ValueError(f"found ids of shape {found.shape}, expected {expected.shape}")
    return int((found != expected).sum())


def all_pass(cases: Iterable[GoldenCase]) -> bool:
    """Did every case pass? No case at all is not a pass."""
    verdicts = [case.passes for case in cases]
    return bool(verdicts) and all(verdicts)
