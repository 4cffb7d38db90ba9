"""Comparing computed logits and hidden rows with one "block" of a golden set.

A block is one set of outputs at P positions: hidden, logits of some codes, log-sum-exp, largest
logit, best code, and for a few rows the logits of all codes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from training.cogvideo.golden_case import GoldenCase, Side, differing, largest_difference
from training.cogvideo.golden_files import GoldenFile

LOGIT_LIMITS: dict[Side, float] = {"torch": 5e-5, "onnx": 2e-4}
"""Largest difference of float32 logits and hidden rows that still is the same model: a wrong
LayerNorm epsilon moves logits by 5e-4."""

DECISIVE_MARGIN = 1e-4
"""The best code is compared only where the reference's second best is this much worse."""


def check_block(
    name: str,
    side: Side,
    io: GoldenFile,
    block: str,
    logits: np.ndarray,
    hidden: np.ndarray | None = None,
    limit: float | None = None,
) -> Iterator[GoldenCase]:
    """Compares everything that `block` of `io` holds with logits [P, K] and hidden [P, width].

    `limit` replaces the side's limit of logits (guided logits are allowed more).
    """
    limit = LOGIT_LIMITS[side] if limit is None else limit

    def case(what: str, difference: float, unit: str) -> GoldenCase:
        return GoldenCase(f"{name}, {what}", side, difference, limit, unit)

    if hidden is not None:
        difference = largest_difference(hidden, io[f"{block}.hidden"])
        yield GoldenCase(f"{name}, hidden", side, difference, LOGIT_LIMITS[side], "hidden unit")
    columns = logits[:, io["code_idx"]]
    yield case("logits", largest_difference(columns, io[f"{block}.logits"]), "logit")
    sums = torch.logsumexp(torch.from_numpy(logits).double(), dim=-1).numpy()
    yield case("log-sum-exp", largest_difference(sums, io[f"{block}.lse"]), "nat")
    if f"{block}.max" in io:
        largest = largest_difference(logits.max(-1), io[f"{block}.max"])
        yield case("largest logit", largest, "logit")
    if f"{block}.full_rows" in io and len(io[f"{block}.full_rows"]):
        rows = logits[io[f"{block}.full_rows"]]
        yield case("all codes", largest_difference(rows, io[f"{block}.full_logits"]), "logit")
    yield best_codes(name, side, io, block, logits)


def best_codes(name: str, side: Side, io: GoldenFile, block: str, logits: np.ndarray) -> GoldenCase:
    """How many positions have another best code, of those where the reference is decided.

    Where a block stores no margin, it is that of the computed logits, which the other figures tie
    to the reference.
    """
    if f"{block}.top1_margin" in io:
        margin = io[f"{block}.top1_margin"]
    else:
        second, first = np.partition(logits, -2, axis=-1)[:, -2:].T
        margin = first - second
    decided = margin >= DECISIVE_MARGIN
    if not decided.any():
        raise ValueError(f"{io.path}: no position of {block} has a clear best code")
    wrong = differing(logits.argmax(-1)[decided], io[f"{block}.argmax"][decided])
    return GoldenCase(f"{name}, best code", side, float(wrong), 0.0, f"of {decided.sum()} ids")
