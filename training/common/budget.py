"""How long a run lasts: wall-clock minutes or steps, counted across interruptions."""

import math
import time
from dataclasses import dataclass, field


@dataclass
class Budget:
    """Exactly one of ``minutes`` and ``steps`` is set.

    ``elapsed`` (seconds) and ``step`` grow while training and are stored in checkpoints, so that a
    resumed run ends where the uninterrupted one would have.
    """

    minutes: float | None = None
    steps: int | None = None
    step: int = 0
    elapsed_before: float = 0.0
    """Seconds of the parts of the run before this one."""
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ValueError("Give the length of the run as minutes or as steps, one of the two.")

    @property
    def elapsed(self) -> float:
        """Seconds trained so far, earlier parts of a resumed run included."""
        return self.elapsed_before + time.monotonic() - self._started

    @property
    def share(self) -> float:
        """How much of the run has passed, 0..1."""
        if self.steps is not None:
            return min(1.0, self.step / max(1, self.steps))
        assert self.minutes is not None
        return min(1.0, self.elapsed / max(1e-9, self.minutes * 60))

    @property
    def remaining(self) -> float:
        """Estimated seconds to go; infinite before the first step of a run counted in steps."""
        if self.minutes is not None:
            return max(0.0, self.minutes * 60 - self.elapsed)
        share = self.share
        return self.elapsed * (1 - share) / share if share > 0 else math.inf

    def resume(self, step: int, elapsed: float) -> None:
        self.step, self.elapsed_before, self._started = step, elapsed, time.monotonic()


def linear_decay(share: float, warmup: float = 0.01, final: float = 0.0) -> float:
    """Learning-rate factor at ``share`` of a run: rises over ``warmup``, falls to ``final``."""
    if share < warmup:
        return max(0.02, share / warmup)
    return final + (1 - final) * (1 - share) / (1 - warmup)


def cosine_decay(share: float, warmup: float = 0.01, final: float = 0.0) -> float:
    """As :func:`linear_decay` along half a cosine."""
    if share < warmup:
        return max(0.02, share / warmup)
    progress = (share - warmup) / (1 - warmup)
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))
