"""Does a clip stay the same from frame to frame where it should?"""

from __future__ import annotations

import numpy as np

_MARGIN = 0.08  # of the picture's side, around the subject's box: shadow, and errors of the box
_LEAST_BACKGROUND = 0.1  # a clip with less background than this share of a picture has no figure


def identity_agreement(subjects: np.ndarray) -> np.ndarray:
    """subjects [N, F, classes], each frame judged by itself -> float64 [N]: the share of frames
    that show the subject which most frames of the clip show."""
    classes = subjects.argmax(-1)
    modes = np.array([np.bincount(row).argmax() for row in classes])
    return (classes == modes[:, None]).mean(1)


def background_flicker(clips: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Mean absolute difference of neighbouring frames outside the subject, in levels of 0..255.

    clips uint8 [N, F, P, P, 3], boxes [N, F, 4] as the evaluator sees them. The subject's boxes in
    both frames, widened by a margin, are left out; the toy world's background stands still, so what
    remains is flicker. float64 [N], NaN where hardly any background is left.
    """
    result = np.full(len(clips), np.nan)
    for index, (clip, places) in enumerate(zip(clips, boxes, strict=True)):
        inside = subject_area(places, clip.shape[1])
        still = ~(inside[1:] | inside[:-1])
        steps = np.abs(np.diff(clip.astype(np.int16), axis=0)).mean(-1)
        if still.mean() >= _LEAST_BACKGROUND:
            result[index] = steps[still].mean()
    return result


def subject_area(boxes: np.ndarray, pixels: int) -> np.ndarray:
    """boxes [F, 4] -> bool [F, P, P]: pixels inside the widened box."""
    middle = (np.arange(pixels) + 0.5) / pixels
    x, y, width, height = (boxes[:, i, None] for i in range(4))
    columns = np.abs(middle - x) <= width / 2 + _MARGIN
    rows = np.abs(middle - y) <= height / 2 + _MARGIN
    return rows[:, :, None] & columns[:, None, :]
