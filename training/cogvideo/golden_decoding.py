"""The cached step, in torch and as exported graph, against a golden set's sampler outputs.

Sequences that decode the same way go through one batch: cases with and without text boost, and the
guider's branch. Blocks without a boost are the training graph's, which the sampler must repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.cogvideo.golden_block import check_block
from training.cogvideo.golden_case import GoldenCase, Side
from training.cogvideo.golden_stage import GoldenStage
from training.cogvideo.teacher_forcing import TeacherForcedDecoder
from training.transformer.cached import Decoding
from training.transformer.sample import guided

RELEASED_BOOST = 1.4
"""What the release adds to the scores of text keys; block names end in `_b14` then."""

GUIDED_LIMIT = 1.5e-4
"""Guidance at scale 3 triples the branches' differences."""


@dataclass(frozen=True)
class Sequence:
    """One sequence of a batch: its text and frames, and the block that it must repeat."""

    case: int  # whose frames are fed
    text: np.ndarray
    boost: float
    block: str
    pos: np.ndarray  # (slot, cell) [P, 2]


def check_decoding(
    stage: GoldenStage, rows: int = 1, sides: tuple[Side, ...] = ("torch", "onnx")
) -> Iterator[GoldenCase]:
    """All cached blocks of the stage on each side; `rows` as in `TeacherForcedDecoder`."""
    for side in sides:
        if stage.number == 1:
            yield from _check_group(stage, side, "first frame", first_frames(stage), rows)
            yield from _check_group(stage, side, "sampler", samplers(stage), rows)
        else:
            fixed, released = samplers(stage, "_p1fix"), samplers(stage, "_released")
            yield from _check_group(stage, side, "sampler", fixed, rows)
            yield from _check_group(stage, side, "sampler as released", released, rows)


def first_frames(stage: GoldenStage) -> list[Sequence]:
    """Frame 0 in first-frame mode, with every boost that the set has."""
    found = []
    for case, boost, block in _blocks(stage, "ff"):
        cells = stage.io[f"case{case}.ff.cells"]
        pos = np.stack([np.zeros_like(cells), cells], axis=-1)
        found.append(Sequence(case, stage.text(case), boost, block, pos))
    return found


def samplers(stage: GoldenStage, variant: str = "") -> list[Sequence]:
    """The cached blocks of a variant; those of the fixed sampler begin with the training graph's.
    Stage 1 adds the guider's branch."""
    io, found = stage.io, []
    if variant != "_released":
        found = [
            Sequence(case, stage.text(case), 0.0, f"case{case}.train", io[f"case{case}.pos"])
            for case in stage.cases
        ]
    for case, boost, block in _blocks(stage, f"sampler{variant}"):
        pos = io[f"{block}.pos" if f"{block}.pos" in io else f"case{case}.pos"]
        found.append(Sequence(case, stage.text(case), boost, block, pos))
    if not variant and "cfg.case" in io:
        found += _guidance(stage)
    return found


def _guidance(stage: GoldenStage) -> list[Sequence]:
    """The conditional and the guider's branch at the guidance positions."""
    io, case = stage.io, int(stage.io["cfg.case"])
    return [
        Sequence(case, stage.text(case), 0.0, "cfg.cond", io["cfg.pos"]),
        Sequence(case, io["cfg.uncond_text"], 0.0, "cfg.uncond", io["cfg.pos"]),
    ]


def _blocks(stage: GoldenStage, kind: str) -> Iterator[tuple[int, float, str]]:
    """(case, boost, block) of the blocks caseN.KIND_b0 and caseN.KIND_b14."""
    for name in stage.io.arrays:
        match = re.fullmatch(rf"(case(\d+)\.{kind}_b(0|14))\.logits", name)
        if match:
            yield int(match[2]), RELEASED_BOOST if match[3] == "14" else 0.0, match[1]


def _check_group(
    stage: GoldenStage, side: Side, title: str, group: list[Sequence], rows: int
) -> Iterator[GoldenCase]:
    if not group:
        return
    decoding = Decoding(
        text_boost=tuple(sequence.boost for sequence in group),
        boost_given=False,  # as the vectors were made (pitfall P2)
        first_frame=title == "first frame",
        wrapped=title == "sampler as released",
    )
    model = stage.model if side == "torch" else stage.graph
    texts = stage.texts([sequence.text for sequence in group])
    decoder = TeacherForcedDecoder(model, texts, decoding)  # type: ignore[arg-type]
    frames = stage.frames([sequence.case for sequence in group])
    found = decoder.logits_at(frames, [sequence.pos for sequence in group], rows)
    by_block = {}
    for sequence, logits in zip(group, found, strict=True):
        by_block[sequence.block] = logits
        if sequence.block != "cfg.cond":
            name = f"{stage.title}, {_title(sequence, title)}"
            yield from check_block(name, side, stage.io, sequence.block, logits)
    if "cfg.cond" in by_block:
        yield from _check_guided(stage, side, by_block)


def _title(sequence: Sequence, title: str) -> str:
    if sequence.block == "cfg.uncond":
        return f"case {sequence.case}: {title}, guider's branch"
    return f"case {sequence.case}: {title}, boost {sequence.boost:g}"


def _check_guided(
    stage: GoldenStage, side: Side, by_block: dict[str, np.ndarray]
) -> Iterator[GoldenCase]:
    scale = float(stage.io["cfg.alpha"])
    conditional, unconditional = (
        by_block[block].astype(np.float64) for block in ("cfg.cond", "cfg.uncond")
    )
    mixed = guided(conditional, unconditional, scale)
    name = f"{stage.title}, case {stage.io['cfg.case']}: guidance at scale {scale:g}"
    yield from check_block(name, side, stage.io, "cfg.guided", mixed, limit=GUIDED_LIMIT)
