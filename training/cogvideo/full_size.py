"""Writes docs/full-size.md: `python -m training.cogvideo.full_size [--measure]`.

--measure also runs two layers of the released width (about 2 GB of memory, some minutes) and keeps
what it found in docs/full-size.json; without it the figures of the last measurement stand.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from training.cogvideo.budget import StageBudget, clip_seconds, prefill_flops, released_config
from training.cogvideo.real_width import RealWidth, measure
from training.export.shard_plan import SHARD_LIMIT, look_up_weight
from training.transformer.config import STAGES

DOCS = Path(__file__).parents[2] / "docs"
BANDWIDTHS = (300, 1000, 3000)  # GB/s: a laptop's GPU, a good desktop's, a data centre's
WINDOWS = (1, 2, 4)
_TITLES = {"keyframes": "stage 1", "interpolation": "stage 2"}
Row = list[str]


def table(head: Row, rows: list[Row]) -> str:
    """Markdown with aligned columns."""
    widths = [max(3, *map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    padded = [[c.ljust(w) for c, w in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)


def _mb(size: float) -> str:
    return f"{size / 1e6:,.0f}"


def files_table() -> str:
    """Bytes of the look-up and of each shard, with 4, 8 and 16 bits."""
    rows = []
    for bits in (4, 8, 16):
        for stage in STAGES:
            budget = StageBudget(released_config(stage), bits)
            rows_file = look_up_weight(budget.config.to_transformer(), bits)
            sizes = [rows_file, *(shard.size for shard in budget.shards)]
            shards = " + ".join(_mb(size.all) for size in sizes[1:])
            own = sum(size.own for size in sizes)
            rows.append([str(bits), _TITLES[stage], _mb(rows_file.all), shards,
                         _mb(sum(size.all for size in sizes)), _mb(own)])  # fmt: skip
    head = ["bits", "stage", "word rows (main memory), MB", "shards, MB", "all, MB",
            "of these not shared with the other stage, MB"]  # fmt: skip
    return table(head, rows)


def memory_table() -> str:
    rows = []
    for stage in STAGES:
        budget = StageBudget(released_config(stage), 4)
        for count in WINDOWS:
            sequences = 2 * count if stage == "keyframes" else count
            cache = budget.cache_bytes(sequences)
            laid_out = budget.region_cache_bytes(sequences)
            rows.append([_TITLES[stage], str(count), str(sequences), _mb(budget.gpu_weights),
                         _mb(cache), _mb(budget.gpu_weights + cache), _mb(laid_out)])  # fmt: skip
    head = ["stage", "windows", "sequences", "weights, MB", "caches in halves, MB", "together, MB",
            "caches as the app cuts them into regions, MB"]  # fmt: skip
    return table(head, rows)


def step_table() -> str:
    cases = [("first frame", "keyframes", 1), ("stage 1", "keyframes", 2)]
    cases += [("stage 2", "interpolation", count) for count in WINDOWS]
    rows = []
    for title, stage, sequences in cases:
        first = title == "first frame"
        budget = StageBudget(released_config(stage), 4, first)  # type: ignore[arg-type]
        floors = [1000 * budget.floor_seconds(sequences, 1e9 * b) for b in BANDWIDTHS]
        tokens = sequences if stage == "interpolation" else 1
        rows.append([title, str(sequences), f"{budget.step_bytes(sequences) / 1e9:.2f}",
                     f"{budget.step_flops(sequences) / 1e9:.1f}",
                     *(f"{floor / tokens:.1f}" for floor in floors)])  # fmt: skip
    head = ["stage", "sequences", "GB a step", "GFLOP a step"]
    return table([*head, *(f"ms a token at {b} GB/s" for b in BANDWIDTHS)], rows)


def clip_table() -> str:
    rows = [
        [str(windows), *(f"{clip_seconds(4, 1e9 * b, windows) / 60:.1f}" for b in BANDWIDTHS)]
        for windows in (*WINDOWS, 8)
    ]
    return table(["windows at a time", *(f"minutes at {b} GB/s" for b in BANDWIDTHS)], rows)


def measured_text(found: RealWidth | None) -> str:
    if found is None:
        return "Not measured yet: `python -m training.cogvideo.full_size --measure`."
    rows = [
        ["bytes of the shard", f"{found.file_bytes:,}", f"{found.planned_bytes:,}"],
        ["resident memory added, bytes", f"{found.memory_bytes:,}", f"{found.planned_bytes:,}"],
        ["ms a step, median (fastest)",
         f"{found.median_milliseconds:.1f} ({found.fastest_milliseconds:.1f})",
         f"{found.floor_milliseconds:.1f}"],
    ]  # fmt: skip
    return (
        f"{found.processor}, {found.threads} threads, {found.bandwidth / 1e9:.1f} GB/s read by a "
        f"sum over a large array; caches full, in float32: {found.step_bytes / 1e6:,.0f} MB a "
        f"step. Standard deviation of the logits: {found.logit_spread:.2f}.\n\n"
        + table(["", "measured", "script"], rows)
    )


def document(found: RealWidth | None) -> str:
    first = released_config("keyframes")
    return f"""# CogVideo at full size: a budget

Written by `python -m training.cogvideo.full_size`, from the converter's own size functions. It is
arithmetic about {first.layers} layers of width {first.hidden}, not a run of the released model.

## Files

Blocks of 32 weights share a float32 scale, so 4 bits take 5. The output head has 8 bits at least.
No file passes {SHARD_LIMIT:,} bytes. A package holds the first stage's files and what the second
does not share with it.

{files_table()}

## GPU memory

With 4 bits. Stage 1 has two sequences a window: with the prompt and without (guidance). Keys and
values of text and one frame in the base channel, of text and five frames in the temporal one, in
halves. The app cuts the temporal cache into one block a region, each as long as the largest: that
costs stage 2 the last column (and twice that while caches are float32).

{memory_table()}

## One step

A step reads all weights once and each sequence's visible cache rows, in halves (mean over the
steps). The time is what memory alone needs; a token of stage 1 takes both sequences.

{step_table()}

## One clip

Least minutes of the steps of 33 frames: 400 of the first frame, 1,600 of key frames with guidance,
then 2, 4 and 8 windows of 800 steps. Prefill comes on top: {prefill_flops() / 1e12:.0f} TFLOP.

{clip_table()}

## Two layers of real width

Random weights, {first.heads} heads, 4 bits, with the output head, in onnxruntime on a CPU.

{measured_text(found)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--docs", type=Path, default=DOCS)
    given = parser.parse_args()
    store = given.docs / "full-size.json"
    if given.measure:
        store.write_text(json.dumps(measure(given.threads).to_json(), indent=1) + "\n")
    found = RealWidth(**json.loads(store.read_text())) if store.exists() else None
    text = document(found)
    (given.docs / "full-size.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
