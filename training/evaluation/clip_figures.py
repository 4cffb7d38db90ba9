"""All figures of one set of clips: labels, stages, distance, steadiness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.evaluation.accuracy import accuracies, rightness
from training.evaluation.evaluator import Evaluator, Predictions
from training.evaluation.labels import LabelSet
from training.evaluation.metrics import frechet_distance, inception_score, joint_shares
from training.evaluation.stage_progress import completions
from training.evaluation.steadiness import background_flicker, identity_agreement

Labels = Sequence[dict[str, str | None]]


@dataclass(frozen=True)
class ScoredClips:
    """N clips as the evaluator sees them."""

    seen: Predictions  # of the frames that are scored, 9 or 5
    identity: np.ndarray  # float64 [N], over all frames
    flicker: np.ndarray  # float64 [N], over all frames, in levels of 0..255


def score_clips(evaluator: Evaluator, clips: np.ndarray) -> ScoredClips:
    """clips uint8 [N, F, P, P, 3] with 5, 9, 17 or 33 frames, of which 9 (or the 5) are scored.

    Identity and flicker look at every frame.
    """
    step = max(1, (clips.shape[1] - 1) // 8)
    seen = evaluator.score(clips[:, ::step])
    every = seen if step == 1 else evaluator.score(clips)
    return ScoredClips(
        seen, identity_agreement(every.subjects), background_flicker(clips, every.boxes)
    )


def right_labels(scored: ScoredClips, wanted: Labels, labels: LabelSet) -> dict[str, np.ndarray]:
    """Label, "all" or "completion" -> float64 [N]: 1 right, 0 wrong, NaN where nothing is asked."""
    indices = {
        field: np.array([labels.index(field, names.get(field)) for names in wanted])
        for field in labels.fields
    }
    complete = completions(scored.seen.stages, [names["action"] for names in wanted], labels)
    return {**rightness(scored.seen, indices), "completion": complete}


def figures(
    evaluator: Evaluator,
    scored: ScoredClips,
    right: dict[str, np.ndarray],
    where: np.ndarray,
    parts: Sequence[np.ndarray],
) -> dict[str, Any]:
    """The figures of the clips where `where` [N] is true; numbers that need more clips are None.

    Distance and score depend on the number of clips, so they are means over `parts` (bool [N]
    each), which hold every scene once.
    """
    count = int(where.sum())
    result: dict[str, Any] = {"clips": count, **accuracies(right, where)}
    result["identity"] = _mean(scored.identity[where])
    result["flicker"] = _mean(scored.flicker[where])
    own = [where & part for part in parts if (where & part).any()]
    result["frechetDistance"] = _mean(np.array([_distance(evaluator, scored, p) for p in own]))
    result["inceptionScore"] = _mean(np.array([_score(scored, p) for p in own]))
    return result


def _distance(evaluator: Evaluator, scored: ScoredClips, where: np.ndarray) -> float:
    """From real clips; NaN where there are too few clips."""
    reference = evaluator.reference.get(scored.seen.stages.shape[1])
    if reference is None or where.sum() < 2:
        return np.nan
    return frechet_distance(scored.seen.features[where], reference)


def _score(scored: ScoredClips, where: np.ndarray) -> float:
    shares = [scored.seen.fields[field][where] for field in ("subject", "action")]
    return inception_score(joint_shares(*shares))


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
