"""How often predicted labels are right, with the uncertainty of a finite number of clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.labels import FIELDS, UNKNOWN
from training.evaluation.metrics import wilson_interval
from training.evaluation.rendered_clips import SCORED_RATE, render_clips, whole_clip_times
from training.world.atlas import World
from training.world.scene import sample_scene

if TYPE_CHECKING:
    from training.evaluation.evaluator import Evaluator, Predictions

# Apart from all training seeds; the second number tells the sides of the split apart.
_TEST_SEED = 7_001
TOGETHER = ("subject", "action", "place")
"""Labels that must all be right in the figure "all"."""


def share_of(right: Sequence[bool] | np.ndarray) -> dict[str, Any]:
    """{"share", "n", "low", "high"}: the share of true values and its 95 % Wilson interval.

    Without any value the share and the interval are None.
    """
    values = np.asarray(right, bool)
    if len(values) == 0:
        return {"share": None, "n": 0, "low": None, "high": None}
    low, high = wilson_interval(int(values.sum()), len(values))
    share = float(values.mean())
    return {"share": share, "n": len(values), "low": low, "high": high}


def rightness(predictions: Predictions, wanted: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Field -> float64 [N]: 1 right, 0 wrong, NaN where nothing is wanted; and "all".

    `wanted` holds class indices, UNKNOWN where the prompt does not say. "all" is subject, action
    and place together, of the clips that have all three.
    """
    result = {}
    for field in FIELDS:
        right = (predictions.classes(field) == wanted[field]).astype(float)
        result[field] = np.where(wanted[field] == UNKNOWN, np.nan, right)
    result["all"] = np.minimum.reduce([result[field] for field in TOGETHER])
    return result


def accuracies(right: dict[str, np.ndarray], where: np.ndarray | None = None) -> dict[str, Any]:
    """Field -> :func:`share_of` the clips that count, of those `where` is true."""
    result = {}
    for field, values in right.items():
        chosen = values if where is None else values[where]
        result[field] = share_of(chosen[~np.isnan(chosen)] > 0)
    return result


def accuracies_on_renders(evaluator: Evaluator, world: World, count: int = 600) -> dict[str, Any]:
    """Accuracies on `count` fresh whole clips of each side of the split, of unseen seeds."""
    return {
        "seen": _accuracies_of_split(evaluator, world, "train", count),
        "held-out": _accuracies_of_split(evaluator, world, "heldout", count),
    }


def _accuracies_of_split(
    evaluator: Evaluator, world: World, split: str, count: int
) -> dict[str, Any]:
    rng = np.random.default_rng([_TEST_SEED, len(split)])
    right: dict[str, list[np.ndarray]] = {}
    stages: list[np.ndarray] = []
    for first in range(0, count, 50):
        scenes = [sample_scene(rng, split) for _ in range(min(50, count - first))]
        times = [whole_clip_times(SCORED_RATE)] * len(scenes)
        truth = render_clips(scenes, times, world, evaluator.labels)
        found = evaluator.score(truth.frames)
        for field, values in rightness(found, truth.labels).items():
            right.setdefault(field, []).append(values)
        stages.append((found.stages.argmax(-1) == truth.stages)[truth.visible])
    result = accuracies({field: np.concatenate(values) for field, values in right.items()})
    return {**result, "stage of a frame": share_of(np.concatenate(stages))}
