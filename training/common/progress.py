"""One line of progress every few seconds."""

import time
from collections import defaultdict

from torch import Tensor

from training.common.budget import Budget


def format_seconds(seconds: float) -> str:
    """``75`` -> ``1:15``; hours appear when there are any; unknown is ``?``."""
    if seconds != seconds or seconds == float("inf"):
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress:
    """Averages the loss terms between lines. Only the main process should make one."""

    def __init__(self, budget: Budget, items: str, every: float = 20.0) -> None:
        """``items`` names what is counted, for instance "crops"; ``every`` is in seconds."""
        self._budget, self._items, self._every = budget, items, every
        self._start_interval()

    def _start_interval(self) -> None:
        self._since, self._first_step = time.monotonic(), self._budget.step
        self._sums: defaultdict[str, float | Tensor] = defaultdict(float)
        self._count = 0
        self._updates = 0

    def update(self, terms: dict[str, Tensor | float], items: int) -> None:
        """Counts one step; tensors are read only when a line is printed (no device waits)."""
        for name, value in terms.items():
            self._sums[name] += value.detach() if isinstance(value, Tensor) else value
        self._count += items
        self._updates += 1
        if time.monotonic() - self._since >= self._every:
            self.print_line()

    def print_line(self) -> None:
        if not self._updates:
            return
        seconds = max(1e-9, time.monotonic() - self._since)
        terms = " ".join(f"{n} {float(s) / self._updates:.4f}" for n, s in self._sums.items())
        print(
            f"step {self._budget.step} ({self._budget.share:.1%}) {terms}"
            f" | {self._count / seconds:.0f} {self._items}/s"
            f" | {format_seconds(self._budget.elapsed)} elapsed"
            f" | {format_seconds(self._budget.remaining)} left",
            flush=True,
        )
        self._start_interval()
