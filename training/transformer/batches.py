"""Training batches as a pure function of (seed, step, process), so that a run resumes exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from training.transformer.config import FRAMES, NOT_DRAWN, TransformerConfig
from training.transformer.masking import hidden_copies, with_masked_cells
from training.transformer.rivals import changed_scene, draw_rivals
from training.transformer.sequence import hints_of, loss_weights, text_row, trim_text
from training.transformer.storyboard import Storyboards, no_storyboard, with_spots_of
from training.transformer.strays import with_strays
from training.transformer.text_reader import stated_labels
from training.transformer.tokens import TokenSet
from training.world.captions import Caption
from training.world.scene import Scene

STORYBOARD_RIVALS = 0.5
"""Share of stage 1's rivals that differ in the storyboard alone, where there are storyboards; all
of stage 2's do: the frames given to it tell more than any caption, but not when a foot lands."""
ELSEWHERE = 0.3
"""Share of those, where spots are told, whose storyboard has the body somewhere else."""
MOVED = 0.5
"""Share of the others whose storyboard is the clip's own at another time or speed, so that its
frames are told apart; else it is another action's."""
HIDDEN_COPIES = 2
"""Key frames of a training batch of which the model also reads a copy with hidden cells."""
CaptionSource = Callable[[Scene, np.random.Generator], str | Caption]


class Tokenizer(Protocol):
    """What is needed of `training.text.caption_tokenizer.CaptionTokenizer`."""

    @property
    def line_break_id(self) -> int: ...

    def encode(self, text: str) -> list[int]: ...


@dataclass(frozen=True)
class Batch:
    """B clips ready for the model. N frames: the five, and copies of key frames with hidden cells
    if there are any."""

    text: Tensor  # int64 [B, L] flat ids
    tokens: Tensor  # int64 [B, N, C] what is to be predicted
    read: Tensor  # int64 [B, N, C] what the model reads of it, in training perhaps damaged; with
    # NOT_DRAWN cells where many are drawn at once
    hints: Tensor  # int64 [B, N, C, 2]
    weights: Tensor  # float32 [B, F, C], F frames with a loss; 0 = the cell is told
    labels: Tensor  # int64 [B, len(LABELS)] what the caption states
    rivals: Tensor  # int64 [R, L] wrong captions of the first R clips; only padding: none was found
    opening: Tensor  # int64 [B, N] flat ids that open the frames: of their stages, or BOI
    rival_opening: Tensor  # int64 [R, N] those of what the rivals tell
    copied: Tensor  # int64 [N - 5] the frames that were copied

    @property
    def masked(self) -> bool:
        """Whether many cells are drawn at once: of every clip one at least is hidden then."""
        return bool((self.read[0] == NOT_DRAWN).any())

    def to(self, device: torch.device) -> Batch:
        return Batch(*(part.to(device, non_blocking=True) for part in self._parts()))

    def pin_memory(self) -> Batch:
        """The batch where a GPU can fetch it by itself."""
        return Batch(*(part.pin_memory() for part in self._parts()))

    def _parts(self) -> list[Tensor]:
        return [getattr(self, part.name) for part in fields(self)]


@dataclass(frozen=True)
class _Told:
    """What is told of a clip."""

    row: np.ndarray  # int64 [T] flat ids
    labels: list[int]  # classes of LABELS that it states
    has_prompt: bool


@dataclass(frozen=True)
class _RivalTexts:
    own: _Told
    rival: np.ndarray  # int64 [T] flat ids
    scene: Scene  # that the rival tells
    storyboard: np.ndarray | None = None  # int64 [5] the rival's, if nothing else differs


@dataclass
class Batches:
    """Draws batches of a token set with fresh captions."""

    config: TransformerConfig
    clips: TokenSet
    tokenizer: Tokenizer
    caption: CaptionSource
    size: int  # clips per process and step
    seed: int = 0
    caption_dropout: float = 0.1  # share of clips shown without their prompt, for guidance
    changed_weight: float = 2.0
    first_frame_weight: float = 1.0
    rivals: int = 0  # clips of a training batch that get a rival caption as well
    strays: float = 0.0  # share of the clips of a training batch that are read with wrong tokens
    storyboards: Storyboards | None = None  # of models that read them
    all_slots: bool = False  # keep texts at their full length: batches of one shape, to compile
    favoured: tuple[str, ...] = ()  # actions that every other clip of a training batch shows
    _durations: dict[str, list[int]] = field(default_factory=dict)
    _orders: dict[int, tuple[int, np.ndarray]] = field(default_factory=dict)

    def training(self, step: int, rank: int, processes: int) -> Batch:
        """The batch of one process at one step; every clip comes once an epoch, and between any two
        a favoured one."""
        first = (step * processes + rank) * self.size
        indices = [self._clip_at(first + i) for i in range(self.size)]
        rng = np.random.default_rng([self.seed, step, rank])
        masked = self.config.masked
        if self.config.stage == "interpolation":
            masked = masked and step % 2 == 1  # both ways of drawing in turns
        # Key frames learn both at once, since the copies see the frames that the others predict.
        copied = np.sort(rng.choice(FRAMES, HIDDEN_COPIES, replace=False)) if masked else ()
        return self.batch(
            indices, rng, self.caption_dropout, self.rivals, self.strays, masked, copied
        )

    def batch(
        self,
        indices: list[int],
        rng: np.random.Generator,
        dropout: float = 0.0,
        rivals: int = 0,
        strays: float = 0.0,
        masked: bool = False,
        copied: Sequence[int] = range(FRAMES),
    ) -> Batch:
        """The clips `indices` with captions drawn from `rng`; the first `rivals` with rivals, the
        share `strays` of them read with wrong tokens, if `masked` some of their cells hidden: in
        interpolation of the wanted frames, in key frames of copies of the frames `copied`. With
        `dropout` some lose their storyboards as well."""
        tokens = self.clips.tokens[indices].astype(np.int64)
        pairs = [self._rival_texts(i, rng) for i in indices[:rivals]]
        # Clips with rivals keep their captions, so the others lose theirs more often.
        lost = dropout * len(indices) / max(1, len(indices) - rivals)
        found = [p.own if p else self._text(i, rng, lost) for i, p in zip(
            indices, [*pairs, *[None] * (len(indices) - rivals)], strict=True)]  # fmt: skip
        padding = np.full(self.config.text_slots, self.config.pad_id, np.int64)
        wrong = [pair.rival if pair else padding for pair in pairs]
        by_storyboard = [pair is not None and pair.storyboard is not None for pair in pairs]
        by_storyboard += [False] * (len(indices) - rivals)
        opening = [
            self._opening(index, rng, told, dropout > 0 and not needed)
            for index, told, needed in zip(indices, found, by_storyboard, strict=True)
        ]
        rival_opening = [
            self._rival_opening(index, pair, own)
            for index, pair, own in zip(indices[:rivals], pairs, opening[:rivals], strict=True)
        ]
        weights = loss_weights(
            tokens, self.config.stage, self.changed_weight, self.first_frame_weight
        )
        rows = np.stack([*(told.row for told in found), *wrong])
        rows = rows if self.all_slots else trim_text(self.config, rows)
        read = self._with_strays(tokens, strays, rng) if strays else tokens
        hints = hints_of(self.config, read)
        openings = [np.stack(opening), np.array(rival_opening, np.int64).reshape(-1, FRAMES)]
        own = np.zeros(0, np.int64)
        if masked and self.config.stage == "interpolation":
            read, counted = with_masked_cells(read, rng)
            weights = weights * counted
        elif masked:
            own = np.array(copied, np.int64)
            hidden, counted = hidden_copies(read, copied, rng)
            read = np.concatenate([read, hidden], axis=1)
            weights = np.concatenate([weights, weights[:, own] * counted], axis=1)
            tokens, hints = (np.concatenate([x, x[:, own]], axis=1) for x in (tokens, hints))
            openings = [np.concatenate([ids, ids[:, own]], axis=1) for ids in openings]
        arrays = (
            rows[: len(indices)],
            tokens,
            read,
            hints,
            weights,
            np.array([told.labels for told in found]),
            rows[len(indices) :],
            *openings,
            own,
        )
        return Batch(*(torch.from_numpy(array) for array in arrays))

    def _with_strays(
        self, tokens: np.ndarray, share: float, rng: np.random.Generator
    ) -> np.ndarray:
        others = rng.integers(len(self.clips), size=len(tokens))
        return with_strays(tokens, self.clips.tokens[others].astype(np.int64), share, rng)

    def _text(self, index: int, rng: np.random.Generator, dropout: float) -> _Told:
        """The clip's text."""
        scene = self.clips.scenes[index]
        prompt = self.caption(scene, rng)
        states = prompt.states if isinstance(prompt, Caption) else frozenset[str]()
        prompt = prompt.text if isinstance(prompt, Caption) else prompt
        if rng.random() < dropout:
            prompt, states = "", frozenset[str]()
        return _Told(self._row(index, prompt), stated_labels(scene, states), prompt != "")

    def _rival_texts(self, index: int, rng: np.random.Generator) -> _RivalTexts | None:
        """The clip's text and a rival's: another text, or the same one with another storyboard."""
        scene = self.clips.scenes[index]
        only = self.config.stage == "interpolation"
        if self.storyboards and (only or rng.random() < STORYBOARD_RIVALS):
            pair = self._storyboard_rivals(index, scene, self.storyboards, rng)
            if pair or only:
                return pair
        found = draw_rivals(scene, self.caption, rng)
        if found is None:
            return None
        labels = stated_labels(scene, found.own.states)
        own = _Told(self._row(index, found.own.text), labels, True)
        return _RivalTexts(own, self._row(index, found.rival), found.scene)

    def _storyboard_rivals(
        self, index: int, scene: Scene, told: Storyboards, rng: np.random.Generator
    ) -> _RivalTexts | None:
        """The clip's text twice, the second time with a storyboard that is not the clip's."""
        ids = None
        if told.spots is not None and rng.random() < ELSEWHERE:
            ids = told.elsewhere(self.config, index, scene, rng)
        elif rng.random() < MOVED:
            ids = told.moved(self.config, index, scene, rng)
        if ids is None and (other := changed_scene(scene, "action", rng)) is not None:
            ids = told.of(self.config, index, other)
        if ids is None or np.array_equal(ids, told.own(self.config, index, scene)):
            return None
        own = self._text(index, rng, 0.0)
        return _RivalTexts(own, own.row, scene, ids)

    def _opening(
        self, index: int, rng: np.random.Generator, told: _Told, dropout: bool
    ) -> np.ndarray:
        """int64 [5]: ids that open the clip's frames."""
        if self.storyboards is None:
            return no_storyboard(self.config)
        scene = self.clips.scenes[index]
        if not dropout:
            return self.storyboards.own(self.config, index, scene)
        return self.storyboards.drawn(self.config, index, scene, rng, told.has_prompt)

    def _rival_opening(self, index: int, rival: _RivalTexts | None, own: np.ndarray) -> np.ndarray:
        """int64 [5]: the storyboard of what the rival tells, where the clip has one too. A rival of
        the same action has the clip's: were it another, nobody would have to read the text."""
        if rival is None or self.storyboards is None or own[0] == self.config.boi_id:
            return own
        if rival.storyboard is not None:
            return rival.storyboard
        if rival.scene.action == self.clips.scenes[index].action:
            return own
        return with_spots_of(self.config, self.storyboards.of(self.config, index, rival.scene), own)

    def _row(self, index: int, prompt: str) -> np.ndarray:
        """int64 [T]: the clip's duration and the prompt; "" leaves the prompt out."""
        pieces = self.tokenizer.encode(prompt) if prompt else []
        duration = self.clips.durations[index]
        if duration not in self._durations:
            self._durations[duration] = self.tokenizer.encode(duration)
        line_break = self.tokenizer.line_break_id
        return text_row(self.config, self._durations[duration], line_break, pieces)

    def _clip_at(self, position: int) -> int:
        if not self.favoured:
            return self._shuffled(0, len(self.clips), position)
        turn, is_favoured = divmod(position, 2)
        if not is_favoured:
            return self._shuffled(0, len(self.clips), turn)
        return int(self._favoured_clips[self._shuffled(1, len(self._favoured_clips), turn)])

    def _shuffled(self, stream: int, count: int, position: int) -> int:
        """Of `count` things the one at `position` of an endless line in which all come once an
        epoch; lines of other `stream`s are in other orders."""
        epoch, within = divmod(position, count)
        if stream not in self._orders or self._orders[stream][0] != epoch:
            seed = [self.seed, epoch, stream] if stream else [self.seed, epoch]
            self._orders[stream] = (epoch, np.random.default_rng(seed).permutation(count))
        return int(self._orders[stream][1][within])

    @cached_property
    def _favoured_clips(self) -> np.ndarray:
        """int64 [n] indices. ValueError if there is none."""
        scenes = enumerate(self.clips.scenes)
        found = [index for index, scene in scenes if scene.action in self.favoured]
        if not found:
            raise ValueError(f"no clip shows any of the actions {', '.join(self.favoured)}")
        return np.array(found)
