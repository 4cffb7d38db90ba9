"""Sampling in torch through the cached step: key frames, then rounds of interpolation.

The order of the work, the random numbers (training/common/random_stream.py) and the feeds are those
of the TypeScript pipeline, so that the same ids come out where the logits are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from training.common.random_stream import draw_token, stream_key, uniform
from training.transformer.cached import CachedDecoder, Decoding
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.masked_decoder import MaskedDecoder
from training.transformer.masked_drawing import Passes, draw_masked
from training.transformer.masked_key_frames import MaskedKeyFrames
from training.transformer.model import Transformer

KEY_FRAME_ROUND = 0
Report = Callable[[int, int], None]
"""Called with (cells done, cells of this part)."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn."""

    guidance: float = 2.0  # 1 samples without the unconditional branch
    temperature: float = 0.8  # 0 is greedy
    top_k: int = 20  # 0 keeps all codes
    guidance_floor: float = 0.0  # see `guided`
    passes: Passes | None = None  # in masked cells; None: cell by cell
    lag: int = 0  # as in `Decoding`


def guided(
    conditional: np.ndarray, unconditional: np.ndarray, scale: float, floor: float = 0.0
) -> np.ndarray:
    """Classifier-free guidance of logits [B, K] in float64.

    Codes whose conditional probability is below `floor` (0..1) times the likeliest one's are never
    drawn: guidance also enlarges the noise of codes that neither branch wants (the plausibility
    constraint of contrastive decoding, arXiv 2210.15097).
    """
    mixed = unconditional + scale * (conditional - unconditional)
    if floor > 0:
        least = conditional.max(-1, keepdims=True) + np.log(floor)
        mixed = np.where(conditional < least, -np.inf, mixed)
    return mixed


class GuidedDecoder:
    """A decoder over the conditional sequences and, with guidance, the unconditional ones."""

    def __init__(
        self,
        model: Transformer,
        texts: Tensor,
        unconditional: Tensor,
        sampling: Sampling,
        opening: Tensor | None = None,
    ) -> None:
        self.sampling = sampling
        self.guided = sampling.guidance != 1
        both = torch.cat([texts, unconditional]) if self.guided else texts
        if opening is not None and self.guided:  # without a prompt there is no storyboard
            opening = torch.cat([opening, torch.full_like(opening, model.config.boi_id)])
        self.decoder = CachedDecoder(model, both, Decoding(lag=sampling.lag), opening)

    def prefill_given(self, frames: Tensor) -> None:
        self.decoder.prefill_given(self._doubled(frames))

    def draw(self, frames: Tensor, slot: int, cell: int, numbers: Sequence[float]) -> None:
        """Draws the cell of every sequence into `frames` [B, 5, C], one number u each."""
        logits = self.decoder.next_logits(self._doubled(frames), slot, cell)
        rows = logits.double().cpu().numpy()
        if self.guided:
            conditional, unconditional = np.split(rows, 2)
            scale, floor = self.sampling.guidance, self.sampling.guidance_floor
            rows = guided(conditional, unconditional, scale, floor)
        for index, u in enumerate(numbers):
            token = draw_token(rows[index], self.sampling.temperature, self.sampling.top_k, u)
            frames[index, slot, cell] = token

    def _doubled(self, frames: Tensor) -> Tensor:
        return torch.cat([frames, frames]) if self.guided else frames


@torch.inference_mode()
def sample_key_frames(
    model: Transformer,
    texts: Tensor,
    unconditional: Tensor,
    seeds: Sequence[int],
    sampling: Sampling,
    report: Report = lambda done, total: None,
    opening: Tensor | None = None,
) -> Tensor:
    """texts and unconditional: flat ids [B, T]; one seed per sequence; opening: ids [B, 5] of the
    storyboards, None without -> tokens int64 [B, 5, C]."""
    cells = model.config.cells
    frames = torch.zeros(len(seeds), FRAMES, cells, dtype=torch.long)
    keys = [stream_key(seed, KEY_FRAME_ROUND, 0) for seed in seeds]
    if sampling.passes is not None:
        masked = [MaskedKeyFrames(model, texts, opening)]
        if sampling.guidance != 1:  # without a prompt there is no storyboard
            masked.append(MaskedKeyFrames(model, unconditional))
        draw_key_frames(masked, frames, keys, sampling, sampling.passes, report=report)
        return frames
    decoder = GuidedDecoder(model, texts, unconditional, sampling, opening)
    for slot in range(FRAMES):
        for cell in range(cells):
            index = slot * cells + cell
            decoder.draw(frames, slot, cell, [uniform(key, index) for key in keys])
            report(index + 1, FRAMES * cells)
    return frames


@torch.inference_mode()
def interpolate_round(
    model: Transformer,
    frames: Tensor,
    text: Tensor,
    unconditional: Tensor,
    seed: int,
    number: int,
    sampling: Sampling,
    report: Report = lambda done, total: None,
    opening: Tensor | None = None,
) -> Tensor:
    """One round over a clip: frames [N, C] (N odd, at least 3) -> [2N - 1, C].

    text and unconditional [1, T] announce the duration of this round's windows; `number` counts
    rounds from 1; opening: ids [windows, 5] of the storyboard, None without. All windows are drawn
    in one batch.
    """
    count, cells = frames.shape
    if count < 3 or count % 2 == 0:
        raise ValueError(f"a round needs an odd number of at least 3 frames, not {count}")
    windows = (count - 1) // 2
    slots = torch.zeros(windows, FRAMES, cells, dtype=torch.long)
    for window in range(windows):
        slots[window, list(GIVEN_SLOTS)] = frames[2 * window : 2 * window + 3]
    keys = [stream_key(seed, number, window) for window in range(windows)]
    repeat = (windows, 1)
    both = text.repeat(repeat), unconditional.repeat(repeat)
    if sampling.passes is not None:
        branches = [MaskedDecoder(model, both[0], slots, opening)]
        if sampling.guidance != 1:  # without a prompt there is no storyboard
            branches.append(MaskedDecoder(model, both[1], slots))
        fill_in_passes(branches, slots, keys, sampling, sampling.passes, report)
    else:
        decoder = GuidedDecoder(model, *both, sampling, opening)
        decoder.prefill_given(slots)
        for order, slot in enumerate(WANTED_SLOTS):
            for cell in range(cells):
                index = order * cells + cell
                decoder.draw(slots, slot, cell, [uniform(key, index) for key in keys])
                report(index + 1, len(WANTED_SLOTS) * cells)
    merged = slots[:, :4].reshape(4 * windows, cells)  # given, drawn, given, drawn
    return torch.cat([merged, frames[-1:]])


def fill_in_passes(
    branches: Sequence[MaskedDecoder],
    slots: Tensor,
    keys: Sequence[int],
    sampling: Sampling,
    passes: Passes,
    report: Report = lambda done, total: None,
) -> None:
    """Fills slots 1 and 3 of windows [B, 5, C]. branches: decode them with the prompt and, under
    guidance, without it; keys: of their random streams [B]."""
    wanted = list(WANTED_SLOTS)
    drawn = draw_masked(
        lambda tokens: _predict(branches, tokens, sampling),
        len(wanted) * slots.shape[2],
        keys,
        passes,
        sampling.temperature,
        sampling.top_k,
        report,
    )
    slots[:, wanted] = torch.from_numpy(drawn).view(len(slots), len(wanted), -1)


@torch.inference_mode()
def draw_key_frames(
    branches: Sequence[MaskedKeyFrames],
    frames: Tensor,
    keys: Sequence[int],
    sampling: Sampling,
    passes: Passes,
    choose: Callable[[int], None] = lambda slot: None,
    report: Report = lambda done, total: None,
) -> None:
    """Fills `frames` int64 [B, 5, C] in passes. branches: decode them with the prompt and, under
    guidance, without it; keys: of their random streams [B]; choose: may change frame `slot` before
    the next one is drawn."""
    cells = frames.shape[2]
    for slot in range(FRAMES):
        before = slot * passes.count
        drawn = draw_masked(
            lambda tokens: _predict(branches, tokens, sampling),
            cells,
            keys,
            passes,
            sampling.temperature,
            sampling.top_k,
            lambda done, _, before=before: report((before + done) * cells // passes.count,
                                                  FRAMES * cells),
            first=2 * before * cells,
        )  # fmt: skip
        frames[:, slot] = torch.from_numpy(drawn)
        choose(slot)
        if slot + 1 < FRAMES:
            for branch in branches:
                branch.finish(frames[:, slot].clone())


def _predict(
    branches: Sequence[MaskedDecoder | MaskedKeyFrames], tokens: np.ndarray, sampling: Sampling
) -> np.ndarray:
    """Logits float64 [B, N, K] of `tokens` [B, N], guidance included."""
    found = [branch.logits(torch.from_numpy(tokens)).double().numpy() for branch in branches]
    if len(found) == 1:
        return found[0]
    return guided(*found, sampling.guidance, sampling.guidance_floor)


def interpolate_clip(
    model: Transformer,
    key_frames: Tensor,
    texts: Sequence[tuple[Tensor, Tensor]],
    seed: int,
    sampling: Sampling,
    openings: Sequence[Tensor | None] | None = None,
) -> Tensor:
    """key_frames [5, C]; (text, unconditional) [1, T] of each round, and the ids [windows, 5] of
    its storyboard -> 9, 17, 33, ... frames."""
    frames = key_frames
    openings = openings or [None] * len(texts)
    for number, ((text, empty), opening) in enumerate(zip(texts, openings, strict=True), start=1):
        frames = interpolate_round(
            model, frames, text, empty, seed, number, sampling, opening=opening
        )
    return frames


def text_rows(
    model: Transformer,
    encode: Callable[[str], list[int]],
    line_break: int,
    duration: str,
    prompts: Sequence[str],
) -> Tensor:
    """Flat ids [len(prompts), T]; an empty prompt makes the unconditional row."""
    from training.transformer.sequence import text_row

    rows = [
        text_row(model.config, encode(duration), line_break, encode(p) if p else [])
        for p in prompts
    ]
    return torch.from_numpy(np.stack(rows))
