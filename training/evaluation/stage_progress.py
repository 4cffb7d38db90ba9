"""Did the clip go through all stages of its action, and how fast?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.evaluation.labels import LabelSet


def decoded_stages(shares: np.ndarray, labels: LabelSet) -> list[str]:
    """The stages that a clip goes through, neighbouring repeats joined.

    shares [F, stages]: probabilities of every frame. The stages of all actions compete; on real
    renders that costs nothing, and a clip of another action seldom passes.
    """
    names = labels.classes["stage"]
    best = [names[i] for i in shares.argmax(-1)]
    return [name for i, name in enumerate(best) if i == 0 or name != best[i - 1]]


def is_complete(seen: Sequence[str], wanted: Sequence[str]) -> bool:
    """True when `seen` visits every wanted stage in order and ends in the last one."""
    if not seen or seen[-1] != wanted[-1]:
        return False
    rest = iter(seen)
    return all(stage in rest for stage in wanted)


def completions(shares: np.ndarray, actions: Sequence[str | None], labels: LabelSet) -> np.ndarray:
    """float64 [N]: 1 complete, 0 not, NaN for actions of one stage or none; shares [N, F, S]."""
    result = np.full(len(actions), np.nan)
    for index, action in enumerate(actions):
        line = () if action is None else labels.stage_lines[action]
        if action is not None and len(line) > 1:
            result[index] = is_complete(decoded_stages(shares[index], labels), line)
    return result


def progress_ratio(slow: np.ndarray, fast: np.ndarray) -> np.ndarray:
    """Progress per frame at rate 2r over that at rate r; 0.5 is perfect obedience.

    slow and fast [N]: the frame rates that the motion of the same prompt and seed looks like, as
    the evaluator reads them from pixels, when key frames at r and at 2r were asked for. A clip that
    looks like f frames per second makes 1/f seconds of progress per frame.
    """
    return slow / fast


def obeys_rate(ratios: np.ndarray) -> np.ndarray:
    """bool [N]: a ratio nearer to one half than to one or to a quarter (on a logarithmic scale)."""
    return np.abs(np.log2(ratios) + 1) < 0.5


def travel_per_frame(boxes: np.ndarray) -> np.ndarray:
    """boxes [N, F, 4] -> [N]: how far the subject's centre moves along x between neighbouring
    frames, the median over the clip, in picture widths; a second reading of progress."""
    return np.median(np.abs(np.diff(boxes[..., 0], axis=1)), axis=1)
