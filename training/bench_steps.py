"""Times the torch module on the decode steps of `npm run bench`.

python -m training.bench_steps WORKS OUT --package DIR --threads N [--steps N]

WORKS is a JSON list of the works of scripts/bench/steps/stepTypes.ts; OUT gets, for each of them,
prefillMilliseconds, stepMilliseconds (the module alone: no masks, caches or sampling) and probe.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.export.package_transformer import package_transformer
from training.transformer.cached import CachedDecoder
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.model import Transformer

_PROBED = 8  # logits of each sequence that are compared
_WARM_UP_STEPS = 8


class TimedModel:
    """Passes everything on to a transformer and notes how long each of its steps takes."""

    def __init__(self, model: Transformer) -> None:
        self.model, self.config = model, model.config
        self.empty_caches = model.empty_caches
        self.milliseconds: list[float] = []

    def step(self, *feeds: Any) -> Any:
        started = time.perf_counter()
        found = self.model.step(*feeds)
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        return found


@torch.inference_mode()
def measure(model: Transformer, work: dict[str, Any], steps: int | None) -> dict[str, Any]:
    """Draws at most `steps` cells of every window with the given tokens."""
    frames = _frames(work)
    timed = TimedModel(model)
    decoder = CachedDecoder(timed, _texts(work, model))  # type: ignore[arg-type]
    if model.config.stage == "interpolation":
        decoder.prefill_given(frames)
    (prefill,) = timed.milliseconds
    timed.milliseconds.clear()
    logits = torch.empty(0)
    for slot, cell in _cells(model, steps):
        logits = decoder.next_logits(frames, slot, cell)
    return {
        "prefillMilliseconds": prefill,
        "stepMilliseconds": timed.milliseconds,
        "probe": logits[:, :_PROBED].flatten().tolist(),
    }


def _cells(model: Transformer, steps: int | None) -> Iterator[tuple[int, int]]:
    """Slot and cell of each step."""
    slots = WANTED_SLOTS if model.config.stage == "interpolation" else range(FRAMES)
    cells = [(slot, cell) for slot in slots for cell in range(model.config.cells)]
    return iter(cells[:steps])


def _frames(work: dict[str, Any]) -> Tensor:
    """Tokens [B, 5, C] of every sequence, in slots."""
    branches = len(work["texts"]) // len(work["drawn"])
    drawn = torch.tensor(work["drawn"])
    if not work["given"][0]:
        return drawn.repeat(branches, 1, 1)
    windows, _, cells = drawn.shape
    frames = torch.empty(windows, FRAMES, cells, dtype=torch.int64)
    frames[:, list(GIVEN_SLOTS)] = torch.tensor(work["given"])
    frames[:, list(WANTED_SLOTS)] = drawn
    return frames.repeat(branches, 1, 1)


def _texts(work: dict[str, Any], model: Transformer) -> Tensor:
    """Flat ids [B, L], padded."""
    longest = max(map(len, work["texts"]))
    rows = [text + [model.config.pad_id] * (longest - len(text)) for text in work["texts"]]
    return torch.tensor(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    works = json.loads(arguments.works.read_text(encoding="utf-8"))
    try:
        models = {
            stage: package_transformer(arguments.package, stage)
            for stage in {work["stage"] for work in works}
        }
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    measured = []
    for work in works:
        model = models[work["stage"]]
        measure(model, work, _WARM_UP_STEPS)
        measured.append(measure(model, work, arguments.steps))
    arguments.out.write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
