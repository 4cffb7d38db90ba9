"""Draws key frames, or the wanted frames of interpolation windows, in a few passes, many cells at
once.

Every pass predicts all cells that are not drawn yet and keeps the surest predictions; the others
are predicted again by the next pass, which sees what was kept (MaskGIT, Chang et al., arXiv
2202.04200, section 3.2). The TypeScript twin is workers/sampling/maskedDrawing.ts.

Notation: B sequences, C cells of a frame; N cells that are drawn together: C of a key frame, or 2*C
of both wanted frames of a window, those of slot 1 first; P passes; u(i) the numbers of the
sequence's stream (training/common/random_stream.py), counted from `first` on: 0 in windows, f*2*P*C
in key frame f.

    pass p = 0..P-1 of a sequence with n hidden cells:
        token of hidden cell c     drawn from its logits by temperature and top-k with u(p*N + c)
        sureness of it             log of its share among the top-k codes, at temperature 1
        score of the cell          sureness + noise * (1 - (p+1)/P) * gumbel(u((P + p)*N + c))
        hidden after the pass      min(n - 1, floor(N * cos(pi/2 * (p+1)/P))), 0 after the last
        the cells of the best scores are kept, of equal ones those of lower c
    gumbel(u) = -log(-log(u + 2^-33))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from training.common.random_stream import uniform
from training.transformer.config import NOT_DRAWN
from training.transformer.masking import hidden_share

Predict = Callable[[np.ndarray], np.ndarray]
"""Tokens int [B, N], NOT_DRAWN where hidden -> logits float64 [B, N, K], guidance included."""


@dataclass(frozen=True)
class Passes:
    """How many there are, and how much chance has a say in which cells are kept."""

    count: int
    noise: float = 1.0


def draw_masked(
    predict: Predict,
    cells: int,
    keys: Sequence[int],
    passes: Passes,
    temperature: float,
    top_k: int,
    report: Callable[[int, int], None] = lambda done, total: None,
    first: int = 0,
) -> np.ndarray:
    """Tokens int64 [B, cells] of B sequences of the random streams `keys`, all hidden at first.

    `report` is called with (passes done, passes).
    """
    tokens = np.full((len(keys), cells), NOT_DRAWN, np.int64)
    for number in range(passes.count):
        logits = predict(tokens)
        left = hidden_after(number, passes.count, cells)
        for row, key, own in zip(tokens, keys, logits, strict=True):
            hidden = np.flatnonzero(row == NOT_DRAWN)
            own_first = first + number * cells
            numbers = np.array([uniform(key, own_first + cell) for cell in hidden.tolist()])
            drawn, sureness = draw_tokens(own[hidden], temperature, top_k, numbers)
            scores = sureness
            if (share := passes.noise * (1 - (number + 1) / passes.count)) > 0:
                chance = _gumbel(key, own_first + passes.count * cells + hidden)
                scores = scores + share * chance
            kept = np.argsort(-scores, kind="stable")[: max(1, len(hidden) - left)]
            row[hidden[kept]] = drawn[kept]
        report(number + 1, passes.count)
    return tokens


def hidden_after(number: int, passes: int, cells: int) -> int:
    """How many of `cells` are still hidden after pass `number` (from 0) of `passes`."""
    return 0 if number + 1 >= passes else int(hidden_share((number + 1) / passes) * cells)


def draw_tokens(
    logits: np.ndarray, temperature: float, top_k: int, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of logits [M, K], one number u each -> tokens int64 [M], drawn as
    `training.common.random_stream.draw_token` defines, and their sureness float64 [M]."""
    order = _best(logits, top_k)
    lead = np.take_along_axis(logits, order, 1)
    lead = lead - lead[:, :1]
    if temperature <= 0:
        chosen = np.zeros(len(order), np.int64)
    else:
        running = np.exp(lead / temperature).cumsum(1)
        chosen = (running <= numbers[:, None] * running[:, -1:]).sum(1)
        chosen = np.minimum(chosen, order.shape[1] - 1)
    rows = np.arange(len(order))
    return order[rows, chosen], lead[rows, chosen] - np.log(np.exp(lead).sum(1))


def _best(logits: np.ndarray, top_k: int) -> np.ndarray:
    """int64 [M, k]: the k best codes of each row, equal ones by code; all if k is not in 1..K."""
    if not 0 < top_k < logits.shape[1]:
        return np.argsort(-logits, axis=1, kind="stable")
    some = np.sort(np.argpartition(-logits, top_k - 1, axis=1)[:, :top_k], axis=1)
    values = np.take_along_axis(logits, some, 1)
    best = np.take_along_axis(some, np.argsort(-values, axis=1, kind="stable"), 1)
    # Of equal codes at the border the partition takes any.
    ties = (logits >= values.min(1, keepdims=True)).sum(1) > top_k
    best[ties] = np.argsort(-logits[ties], axis=1, kind="stable")[:, :top_k]
    return best


def _gumbel(key: int, indices: np.ndarray) -> np.ndarray:
    numbers = np.array([uniform(key, index) for index in indices.tolist()])
    return -np.log(-np.log(numbers + 2.0**-33))
