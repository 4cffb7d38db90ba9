"""How often predicted labels are right, with the uncertainty of a finite number of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.labels import UNKNOWN, LabelSet
from training.evaluation.metrics import wilson_interval
from training.evaluation.rendered_clips import (
    SCORED_RATE,
    RenderedClips,
    render_clips,
    whole_clip_times,
)
from training.evaluation.stage_progress import completions
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
    for field, classes in wanted.items():
        right = (predictions.classes(field) == classes).astype(float)
        result[field] = np.where(classes == UNKNOWN, np.nan, right)
    result["all"] = np.minimum.reduce([result[field] for field in TOGETHER])
    return result


def accuracies(right: dict[str, np.ndarray], where: np.ndarray | None = None) -> dict[str, Any]:
    """Field -> :func:`share_of` the clips that count, of those `where` is true."""
    result = {}
    for field, values in right.items():
        chosen = values if where is None else values[where]
        result[field] = share_of(chosen[~np.isnan(chosen)] > 0)
    return result


@dataclass(frozen=True)
class RenderMeasures:
    """What an evaluator makes of fresh real renders."""

    accuracies: dict[str, Any]  # "seen" and "held-out" -> label -> share_of
    features: dict[int, np.ndarray]  # frames of a clip (9 or 5) -> float32 [clips, D]


def measure_on_renders(evaluator: Evaluator, world: World, count: int) -> RenderMeasures:
    """Scores `count` fresh whole clips of each side of the split, of unseen seeds.

    The features, half of them of held-out pairs, are what Frechet distances are measured from.
    """
    found = {}
    features: dict[int, list[np.ndarray]] = {}
    for name, split in (("seen", "train"), ("held-out", "heldout")):
        rng = np.random.default_rng([_TEST_SEED, len(split)])
        right: dict[str, list[np.ndarray]] = {}
        for first in range(0, count, 50):
            scenes = [
                sample_scene(rng, split, evaluator.labels.subset)
                for _ in range(min(50, count - first))
            ]
            times = [whole_clip_times(SCORED_RATE)] * len(scenes)
            truth = render_clips(scenes, times, world, evaluator.labels)
            seen = evaluator.score(truth.frames)
            for field, values in _right_on(seen, truth, evaluator.labels).items():
                right.setdefault(field, []).append(values)
            key_frames = evaluator.score(truth.frames[:, ::SCORED_RATE])
            for scored in (seen, key_frames):
                features.setdefault(scored.stages.shape[1], []).append(scored.features)
        found[name] = accuracies({field: np.concatenate(v) for field, v in right.items()})
    return RenderMeasures(found, {frames: np.concatenate(v) for frames, v in features.items()})


def _right_on(seen: Predictions, truth: RenderedClips, labels: LabelSet) -> dict[str, np.ndarray]:
    """As :func:`rightness`, and the stage of every frame that shows its subject."""
    stages = (seen.stages.argmax(-1) == truth.stages)[truth.visible].astype(float)
    actions = [labels.name("action", index) for index in truth.labels["action"]]
    complete = completions(seen.stages, actions, labels)
    return {**rightness(seen, truth.labels), "completion": complete, "stage of a frame": stages}
