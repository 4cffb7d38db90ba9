"""Averages trainings that began with the same weights.

    python -m training.transformer.average_checkpoints OUT FILE=WEIGHT FILE=WEIGHT ...

Trainings that part from one another late stay in one valley of the loss, and the point between them
may have a lower one than each (arXiv 2109.01903, 2203.05482). training/NOTES.md has what it gave.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from torch import Tensor
from training.common.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def average_checkpoints(parts: list[tuple[Checkpoint, float]]) -> Checkpoint:
    """Weighted mean of the models; steps and seconds are those of the last one, the one that was
    trained longest. ValueError for models of different sizes or weights that do not add up to 1."""
    if abs(sum(weight for _, weight in parts) - 1) > 1e-6:
        raise ValueError("the weights must add up to 1")
    last = parts[-1][0]
    if any(part.config != last.config for part, _ in parts):
        raise ValueError("only models of the same sizes can be averaged")
    model = {name: _mean([(p.model[name], w) for p, w in parts]) for name in last.model}
    return Checkpoint(model, last.config, None, last.step, last.elapsed)


def _mean(parts: list[tuple[Tensor, float]]) -> Tensor:
    if not parts[0][0].is_floating_point():
        return parts[-1][0]
    return sum((weight * tensor for tensor, weight in parts), start=0 * parts[0][0])


def _part(text: str) -> tuple[Path, float]:
    file, _, weight = text.rpartition("=")
    return Path(file), float(weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", type=_part, metavar="FILE=WEIGHT")
    options = parser.parse_args()
    parts = [(load_checkpoint(file), weight) for file, weight in options.parts]
    save_checkpoint(options.out, average_checkpoints(parts))
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
