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
    evaluator: Evaluator, scored: ScoredClips, right: dict[str, np.ndarray], where: np.ndarray
) -> dict[str, Any]:
    """The figures of the clips where `where` [N] is true; numbers that need more clips are None."""
    count = int(where.sum())
    result: dict[str, Any] = {"clips": count, **accuracies(right, where)}
    result["identity"] = _mean(scored.identity[where])
    result["flicker"] = _mean(scored.flicker[where])
    features = scored.seen.features[where]
    reference = evaluator.reference.get(scored.seen.stages.shape[1])
    enough = count > 1 and reference is not None
    result["frechetDistance"] = frechet_distance(features, reference) if enough else None
    shares = [scored.seen.fields[field][where] for field in ("subject", "action")]
    result["inceptionScore"] = inception_score(joint_shares(*shares)) if count else None
    return result


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
