"""Which moments of a scene a training sample shows, and the text that announces the window."""

import numpy as np

from training.world.full.actions import rate_of
from training.world.scene import CLIP_SECONDS, MASTER_RATE, Scene, core_window

WINDOW_FRAMES = 5
# Duration of five frames, written before the prompt; key: frames per second.
DURATION_TEXTS = {1: "4.0秒", 2: "2.0秒", 4: "1.0秒", 8: "0.5秒"}
KEY_FRAME_RATE = 1
_WHOLE_CLIP_SHARE = 0.75
# In the full world.
_OWN_RATE_SHARE = 0.7
_KEY_RATES = (1, 2, 4)
_INTERPOLATION_RATES = (2, 4, 8)


def window_times(start: float, rate: int) -> list[float]:
    """Five times in seconds from `start` at `rate` frames per second."""
    return [start + i / rate for i in range(WINDOW_FRAMES)]


def key_frame_times(scene: Scene, rng: np.random.Generator) -> tuple[list[float], str]:
    """Times of five key frames and their duration text.

    Mostly the whole clip at 1 fps, else a shorter window that still shows the action. In the full
    world mostly the rate whose window just covers the action.
    """
    if scene.world == "full":
        return _covering_times(scene, rng)
    if rng.random() < _WHOLE_CLIP_SHARE:
        return window_times(0.0, KEY_FRAME_RATE), DURATION_TEXTS[KEY_FRAME_RATE]
    return _short_window(scene, int(rng.choice((2, 4))), rng)


def _short_window(scene: Scene, rate: int, rng: np.random.Generator) -> tuple[list[float], str]:
    """A window at `rate` that holds the middle of the stage that the caption speaks of."""
    start = _random_start(*_starts(scene, rate), rng)
    return window_times(start, rate), DURATION_TEXTS[rate]


def _starts(scene: Scene, rate: int) -> tuple[float, float]:
    """The earliest and the latest start in seconds of a short window at `rate`."""
    seconds = (WINDOW_FRAMES - 1) / rate
    low, high = 0.0, CLIP_SECONDS - seconds
    core = core_window(scene)
    if core is not None:
        middle = sum(core) / 2
        low, high = max(low, middle - 0.8 * seconds), min(high, middle - 0.2 * seconds)
    return low, high


def typical_start(scene: Scene, rate: int) -> float:
    """Where a window of five key frames at `rate` begins on average, in seconds."""
    return sum(_starts(scene, rate)) / 2 if rate > KEY_FRAME_RATE else 0.0


def _covering_times(scene: Scene, rng: np.random.Generator) -> tuple[list[float], str]:
    """The action's own rate, its window over the whole action; or another of the rates."""
    rate = rate_of(scene.action)
    if rng.random() >= _OWN_RATE_SHARE:
        others = [other for other in _KEY_RATES if other != rate]
        return _short_window(scene, int(rng.choice(others)), rng)
    core = core_window(scene)
    if rate == KEY_FRAME_RATE or core is None:
        return window_times(0.0, rate), DURATION_TEXTS[rate]
    seconds = (WINDOW_FRAMES - 1) / rate
    low, high = max(0.0, core[1] - seconds), min(core[0], CLIP_SECONDS - seconds)
    return window_times(_random_start(low, high, rng), rate), DURATION_TEXTS[rate]


def interpolation_times(scene: Scene, rng: np.random.Generator) -> tuple[list[float], str]:
    """Times of five frames, of which 0, 2 and 4 are given and 1 and 3 wanted, and their text."""
    rate = int(rng.choice(_INTERPOLATION_RATES))
    high = CLIP_SECONDS - (WINDOW_FRAMES - 1) / rate
    return window_times(_random_start(0.0, high, rng), rate), DURATION_TEXTS[rate]


def _random_start(low: float, high: float, rng: np.random.Generator) -> float:
    """A start on the grid of the master clip's frames, within low..high where possible."""
    first, last = int(np.ceil(low * MASTER_RATE)), int(np.floor(high * MASTER_RATE))
    return int(rng.integers(first, max(first, last) + 1)) / MASTER_RATE
