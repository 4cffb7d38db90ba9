"""Does a prompt at twice the frame rate make half the progress per frame?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.evaluation.accuracy import share_of
from training.evaluation.clip_sampler import ClipSampler, Wish
from training.evaluation.evaluator import Evaluator
from training.evaluation.pictures import decoded, encoded, real_clips
from training.evaluation.prompts import LabelledPrompt
from training.evaluation.stage_progress import obeys_rate, progress_ratio, travel_per_frame
from training.world.atlas import World
from training.world.catalog import MOVING_ACTIONS
from training.world.full.actions import CROSSING

_CROSSINGS = MOVING_ACTIONS | CROSSING
# A still subject makes no progress at any rate.
_STILL = "stand"
_LEAST_TRAVEL = 0.03  # picture widths per frame at the slower rate, below which a ratio is noise


def rate_figures(
    evaluator: Evaluator,
    sampler: ClipSampler,
    world: World,
    prompts: Sequence[LabelledPrompt],
    wishes: Sequence[Wish],
    key_frames: np.ndarray,
    most: int,
) -> dict[str, Any] | None:
    """Figures of up to `most` prompts that can be asked for at r and 2r; None without any.

    key_frames [N, 5, C]: the tokens at r, drawn already; those at 2r are drawn with the same seeds.
    The real clips and their reconstructions show the same scenes at the same rates.
    """
    trained = {rate["framesPerSecond"] for rate in sampler.manifest["rates"]}
    chosen = [
        (prompt, wish, tokens)
        for prompt, wish, tokens in zip(prompts, wishes, key_frames, strict=True)
        if prompt.scene is not None
        and prompt.labels["action"] not in (None, _STILL)
        and {wish.key_rate, 2 * wish.key_rate} <= trained
    ][:most]
    if not chosen:
        return None
    slow = [wish for _, wish, _ in chosen]
    fast = [Wish(wish.prompt, wish.seed, 2 * wish.key_rate) for wish in slow]
    moving = np.array([prompt.labels["action"] in _CROSSINGS for prompt, _, _ in chosen])
    scenes = [prompt.scene for prompt, _, _ in chosen if prompt.scene is not None]
    package = sampler.package
    real = [real_clips(scenes, [wish.key_rate for wish in side], 5, world) for side in (slow, fast)]
    sources = {
        "real": real,
        "reconstructed": [decoded(package, encoded(package, clips)) for clips in real],
        "generated": [
            decoded(package, np.stack([tokens for _, _, tokens in chosen])),
            decoded(package, sampler.key_frames(fast)),
        ],
    }
    return {name: _obedience(evaluator, *pair, moving) for name, pair in sources.items()}


def _obedience(
    evaluator: Evaluator, slow: np.ndarray, fast: np.ndarray, moving: np.ndarray
) -> dict[str, Any]:
    """Progress ratios of N pairs of five key frames; 0.5 is perfect."""
    at_slow, at_fast = evaluator.score(slow), evaluator.score(fast)
    ratios = progress_ratio(at_slow.rates, at_fast.rates)
    before, after = travel_per_frame(at_slow.boxes), travel_per_frame(at_fast.boxes)
    counts = moving & (before >= _LEAST_TRAVEL)
    travel = after[counts] / before[counts]
    return {
        "obeys": share_of(obeys_rate(ratios)),
        "progressRatio": float(np.median(ratios)),
        "travelRatio": float(np.median(travel)) if len(travel) else None,
        "travelClips": len(travel),
    }
