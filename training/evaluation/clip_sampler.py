"""Draws many clips through the exported graphs, each exactly as the product would draw it.

The order of the work and of the random numbers is that of workers/generateVideo.ts; a clip depends
on its prompt, seed and settings alone, not on the batch that it is drawn in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from training.common.random_stream import draw_token, stream_key, uniform
from training.evaluation.drawn_clips import DrawnClips
from training.evaluation.package import RANKER, STORYBOARD, ModelPackage, PackageError
from training.evaluation.transformer_runner import (
    GIVEN,
    INTERPOLATION_ORDER,
    KEY_FRAME_ORDER,
    TransformerRunner,
)
from training.export.manifest_config import manifest_config
from training.export.onnx_transformer import OnnxTransformer
from training.storyboard.plan import key_frame_opening, window_opening
from training.transformer.config import FRAMES, WANTED_SLOTS
from training.transformer.masked_decoder import MaskedDecoder
from training.transformer.masked_drawing import Passes
from training.transformer.masked_key_frames import MaskedKeyFrames
from training.transformer.sample import Sampling, draw_key_frames, fill_in_passes, guided

_Decoder = TypeVar("_Decoder")
Report = Callable[[str], None]
_OF_INTERPOLATION = ("interpolation_guidance", "interpolation_passes", "pass_rounds")
_ROWS_OF_A_PASS = 4
"""Windows of a batch are so many times fewer where a pass runs all their cells at once."""
MOST_CANDIDATES = 8
"""As in src/shared/manifest.ts."""
MOST_PASSES = 64
"""As in src/shared/manifest.ts."""
MOST_ROUNDS = 8
"""More than a clip has."""


@dataclass(frozen=True)
class Settings:
    """How tokens are drawn; as in the manifest's `sampling`."""

    guidance: float  # of the key frames; 1 = off
    interpolation_guidance: float
    temperature: float
    top_k: int
    text_boost: float = 0.0
    guidance_floor: float = 0.0  # least share of the likeliest code's conditional probability
    candidates: int = 1  # draws of the key frames, of which the ranker keeps one
    choose_frames: bool = False  # it chooses after every frame, and all go on from its choice
    key_frame_passes: int = 0  # of a key frame in masked cells; 0 = cell by cell
    interpolation_passes: int = 0  # of in-between frames in masked cells; 0 = cell by cell
    pass_rounds: int = MOST_ROUNDS  # rounds, from the first, that are drawn so
    choice_noise: float = 0.0  # of which cells a pass keeps
    key_frame_lag: int = 0  # cells by which key frames follow one another; 0 = whole frames

    def passes_of_round(self, number: int) -> int:
        """In how many passes round `number` (from 1) is drawn; 0: cell by cell."""
        return self.interpolation_passes if number <= self.pass_rounds else 0

    @staticmethod
    def of_manifest(manifest: dict[str, Any], **changes: float | None) -> Settings:
        """The product's own settings, with those of `changes` that are not None."""
        sampling = manifest["sampling"]
        given = {name: value for name, value in changes.items() if value is not None}
        return Settings(**{
            "guidance": sampling["guidance"],
            "interpolation_guidance": sampling["interpolationGuidance"],
            "temperature": sampling["temperature"],
            "top_k": sampling["topK"],
            "text_boost": sampling["textBoost"],
            "guidance_floor": sampling.get("guidanceFloor", 0.0),
            "candidates": sampling.get("candidates", 1),
            "choice_noise": sampling.get("choiceNoise", 0.0),
            "choose_frames": sampling.get("candidateChoice", "clip") == "frame",
            **given,
        })  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """One clip to draw: prompt, seed, and the frame rate of its key frames."""

    prompt: str
    seed: int
    key_rate: int


class ClipSampler:
    """`sequences` bounds the batch of a graph run, guidance branches and candidates included;
    `drawn` keeps what was drawn once. PackageError if there is no ranker for several candidates."""

    def __init__(
        self,
        package: ModelPackage,
        settings: Settings,
        sequences: int = 64,
        report: Report = lambda text: None,
        drawn: DrawnClips | None = None,
    ) -> None:
        self.package, self.manifest, self.settings = package, package.manifest, settings
        self.sequences, self.report, self.drawn = sequences, report, drawn
        self.cells = self.manifest["grid"] ** 2
        _refuse_cogvideo(package)
        if settings.candidates > 1 and RANKER not in package.sessions:
            raise PackageError(
                f"{package.folder} has no graph {RANKER} to choose among {settings.candidates} "
                "candidates with; export one or draw 1"
            )
        for graph, passes, what in (
            ("keyframes", settings.key_frame_passes, "key frames"),
            ("interpolation", settings.interpolation_passes, "the frames between"),
        ):
            if passes and "rows" not in self.manifest["graphs"][graph]["inputs"]:
                raise PackageError(f"{package.folder} draws {what} cell by cell alone: 0 passes")
        self._encoded: dict[str, np.ndarray] = {}
        self._planned: dict[Wish, np.ndarray] = {}

    def key_frames(self, wishes: Sequence[Wish]) -> np.ndarray:
        """Tokens int32 [N, 5, C]."""
        return self.clips(wishes, 0)

    def interpolate(self, wishes: Sequence[Wish], frames: np.ndarray, number: int) -> np.ndarray:
        """Round `number` (from 1): tokens [N, F, C] -> [N, 2F - 1, C]."""
        clips, count, cells = frames.shape
        windows = (count - 1) // 2
        slots = np.zeros((clips, windows, FRAMES, cells), np.int32)
        for window in range(windows):
            slots[:, window, ::2] = frames[:, 2 * window : 2 * window + 3]
        flat = slots.reshape(clips * windows, FRAMES, cells)
        openings = self._openings(wishes, lambda plan: window_opening(plan, number))
        openings = None if openings is None else openings.reshape(-1, FRAMES)
        keys = [stream_key(w.seed, number, window) for w in wishes for window in range(windows)]
        owners = [wish for wish in wishes for _ in range(windows)]
        size = max(1, self.sequences // self._branches(self.settings.interpolation_guidance))
        if self.settings.passes_of_round(number):
            size = max(1, size // _ROWS_OF_A_PASS)
        for first in range(0, len(flat), size):
            part = slice(first, first + size)
            opening = None if openings is None else openings[part]
            self._fill_windows(owners[part], keys[part], flat[part], number, opening)
            done = min(first + size, len(flat))
            self.report(f"round {number}: {done}/{len(flat)} windows")
        merged = slots[:, :, :4].reshape(clips, 4 * windows, cells)  # given, drawn, given, drawn
        return np.concatenate([merged, frames[:, -1:]], axis=1)

    def clips(self, wishes: Sequence[Wish], rounds: int) -> np.ndarray:
        """Tokens int32 [N, 4 * 2^rounds + 1, C]."""
        each = self._branches(self.settings.guidance) * self.settings.candidates
        size = max(1, self.sequences // each)
        parts = []
        for first in range(0, len(wishes), size):
            batch = wishes[first : first + size]
            parts.append(self._kept_clips(batch, rounds))
            self.report(f"{first + len(batch)}/{len(wishes)} clips of {parts[-1].shape[1]} frames")
        return np.concatenate(parts)

    def _kept_clips(self, wishes: Sequence[Wish], rounds: int) -> np.ndarray:
        if self.drawn is None:
            return self._draw_clips(wishes, rounds)
        graphs, settings = self.package.hashes, asdict(self.settings)
        if rounds == 0:  # key frames stay, whatever fills the gaps between them
            graphs = {name: value for name, value in graphs.items() if name != "interpolation"}
            for name in _OF_INTERPOLATION:
                del settings[name]
            if not settings["key_frame_passes"]:  # nor do settings of passes without passes
                del settings["key_frame_passes"], settings["choice_noise"]
        what = {
            "graphs": graphs,
            "settings": settings,
            "wishes": [asdict(wish) for wish in wishes],
            "rounds": rounds,
        }
        return self.drawn.get(what, lambda: self._draw_clips(wishes, rounds))

    def _draw_clips(self, wishes: Sequence[Wish], rounds: int) -> np.ndarray:
        """Round after round, each of which may have been kept by a shorter evaluation."""
        if rounds == 0:
            return self._best_key_frames(wishes)
        frames = self._kept_clips(wishes, rounds - 1)
        return self.interpolate(wishes, frames, rounds)

    def window_text(self, rate: float, prompt: str) -> np.ndarray:
        """Ids of a window: duration, line break, prompt, cut to the text slots. An empty prompt
        makes the unconditional text of guidance."""
        duration = nearest_rate(self.manifest, rate)["durationText"]
        line_break = [self.manifest["ids"]["lineBreak"]]
        ids = np.concatenate([self._encode(duration), line_break, self._encode(prompt)])
        return ids[: self.manifest["textLength"]].astype(np.int32)

    def _branches(self, guidance: float) -> int:
        return 1 if guidance == 1 else 2

    def _encode(self, text: str) -> np.ndarray:
        if not text:
            return np.zeros(0, np.int32)
        if text not in self._encoded:
            points = [ord(c) for c in text][: self.manifest["maxCodePoints"]]
            feeds = {"code_points": np.array(points, np.int32)}
            (self._encoded[text],) = self.package.sessions["tokenizer"].run(["ids"], feeds)
        return self._encoded[text]

    def _runner(
        self,
        graph: str,
        wishes: Sequence[Wish],
        factor: int,
        guidance: float,
        opening: np.ndarray | None,
    ) -> TransformerRunner:
        """All conditional sequences first, whose frames begin with the ids `opening` [N, 5], then
        the unconditional ones, whose frames begin with BOI."""
        texts = [self.window_text(wish.key_rate * factor, wish.prompt) for wish in wishes]
        if guidance != 1:
            texts += [self.window_text(wish.key_rate * factor, "") for wish in wishes]
            if opening is not None:
                boi = self.manifest["ids"]["beginOfImage"]
                opening = np.concatenate([opening, np.full_like(opening, boi)])
        windows = "keyframeWindows" if graph == "keyframes" else "interpolationWindows"
        order = KEY_FRAME_ORDER if graph == "keyframes" else INTERPOLATION_ORDER
        boost = self.settings.text_boost if guidance == 1 else 0.0
        return TransformerRunner(
            self.package.sessions[graph],
            self.manifest,
            texts,
            self.manifest[windows],
            order,
            boost,
            opening,
            self.settings.key_frame_lag if graph == "keyframes" else 0,
        )

    def storyboard(self, wish: Wish) -> np.ndarray | None:
        """Ids int32 [S] that open frames at S equally spaced times of the wish's clip; None where
        the package plans none."""
        if STORYBOARD not in self.package.sessions:
            return None
        if wish not in self._planned:
            text = np.full((1, self.manifest["textLength"]), self.manifest["ids"]["pad"], np.int32)
            words = self._encode(wish.prompt)[: text.shape[1]]
            text[0, : len(words)] = words
            (plans,) = self.package.sessions[STORYBOARD].run(["opening"], {"text": text})
            rates = self.manifest["rates"]
            row = rates.index(nearest_rate(self.manifest, wish.key_rate))
            # Packages of before 0.13.0 plan no paths.
            paths = plans[0].reshape(-1, *plans.shape[-2:])
            self._planned[wish] = paths[wish.seed % len(paths), row]
        return self._planned[wish]

    def _openings(
        self, wishes: Sequence[Wish], of_plan: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray | None:
        """`of_plan` of every wish's storyboard, int32 [N, ...]."""
        plans = [plan for wish in wishes if (plan := self.storyboard(wish)) is not None]
        return np.stack([of_plan(plan) for plan in plans]) if plans else None

    def _best_key_frames(self, wishes: Sequence[Wish]) -> np.ndarray:
        """Of every wish's candidates the one that fits it best; of equal ones the first."""
        count = self.settings.candidates
        if count == 1:
            return self._key_frames(wishes, [0] * len(wishes))
        owners = [wish for wish in wishes for _ in range(count)]
        drawn = self._key_frames(owners, list(range(count)) * len(wishes), count)
        return drawn[self._best(owners, drawn, count)[::count]]

    def _best(self, owners: Sequence[Wish], drawn: np.ndarray, count: int) -> np.ndarray:
        """For every candidate the index of the best of its wish's `count`: int [N]."""
        best = self.scores(owners, drawn).reshape(-1, count).argmax(axis=1)
        return np.repeat(np.arange(len(best)) * count + best, count)

    def scores(self, wishes: Sequence[Wish], frames: np.ndarray) -> np.ndarray:
        """How well the first n key frames [N, n, C] fit their wishes, in nats: float32 [N]; fewer
        than five only for a ranker that chooses after every frame."""
        ids, length = self.manifest["ids"], self.manifest["textLength"]
        text = np.full((len(wishes), length), ids["pad"], np.int32)
        for row, wish in zip(text, wishes, strict=True):
            words = self.window_text(wish.key_rate, wish.prompt)
            row[: len(words)] = words
        # The first id behind the codes says "not drawn yet".
        tokens = np.full((len(frames), FRAMES, self.cells), self.manifest["codes"], np.int32)
        tokens[:, : frames.shape[1]] = frames
        return self.package.sessions[RANKER].run(["score"], {"text": text, "tokens": tokens})[0]

    def _key_frames(
        self, wishes: Sequence[Wish], candidates: Sequence[int], count: int = 1
    ) -> np.ndarray:
        """One draw of every wish, of the random stream of its candidate. Neighbouring `count` draws
        belong to one wish; with `choose_frames` they all go on from the best one."""
        guidance = self.settings.guidance
        opening = self._openings(wishes, key_frame_opening)
        if self.settings.key_frame_passes:
            return self._key_frames_in_passes(wishes, candidates, count, opening)
        runner = self._runner("keyframes", wishes, 1, guidance, opening)
        runner.prefill(np.zeros((len(runner.texts), 0, self.cells), np.int32))
        frames = np.zeros((len(wishes), FRAMES, self.cells), np.int32)
        keys = [stream_key(w.seed, 0, c) for w, c in zip(wishes, candidates, strict=True)]
        if self.settings.key_frame_lag:
            self._fill_in_waves(runner, wishes, keys, frames, count)
            return frames
        for slot in range(FRAMES):
            hints = [frames[:, slot - 1]] if slot else []
            self._draw_frame(runner, slot, slot * self.cells, keys, frames[:, slot], hints,
                             guidance)  # fmt: skip
            if count > 1 and self.settings.choose_frames and slot < FRAMES - 1:
                best = self._best(wishes, frames[:, : slot + 1], count)
                frames[:, slot] = frames[best, slot]
                branches = self._branches(guidance)
                runner.cache.copy_frame(
                    slot, np.concatenate([best + len(wishes) * b for b in range(branches)])
                )
        return frames

    def _fill_in_waves(
        self,
        runner: TransformerRunner,
        wishes: Sequence[Wish],
        keys: Sequence[int],
        frames: np.ndarray,
        count: int,
    ) -> None:
        """Fills key frames [N, 5, C] that trail one another. With `choose_frames` all candidates go
        on from the best one after every frame, with what it has of the later frames."""
        lag, guidance = self.settings.key_frame_lag, self.settings.guidance
        for step in range(self.cells + (FRAMES - 1) * lag):
            for slot in range(FRAMES):
                cell = step - slot * lag
                if 0 <= cell < self.cells:
                    hints = [frames[:, slot - 1]] if slot else []
                    first = slot * self.cells
                    self._draw_cell(runner, slot, cell, first, keys, frames[:, slot], hints,
                                    guidance)  # fmt: skip
            ended = [n for n in range(FRAMES - 1) if step + 1 == self.cells + n * lag]
            if ended and count > 1 and self.settings.choose_frames:
                best = self._best(wishes, frames[:, : ended[0] + 1], count)
                frames[:] = frames[best]
                branches = self._branches(guidance)
                runner.cache.copy_all(
                    np.concatenate([best + len(wishes) * b for b in range(branches)])
                )

    def _key_frames_in_passes(
        self,
        wishes: Sequence[Wish],
        candidates: Sequence[int],
        count: int,
        opening: np.ndarray | None,
    ) -> np.ndarray:
        """As `_key_frames`, many cells at once."""
        frames = torch.zeros(len(wishes), FRAMES, self.cells, dtype=torch.int64)
        keys = [stream_key(w.seed, 0, c) for w, c in zip(wishes, candidates, strict=True)]

        def choose(slot: int) -> None:
            if count > 1 and self.settings.choose_frames and slot < FRAMES - 1:
                best = self._best(wishes, frames[:, : slot + 1].numpy(), count)
                frames[:, slot] = frames[best, slot]

        branches = self._masked_branches(
            MaskedKeyFrames, "keyframes", wishes, 1, self.settings.guidance, opening
        )
        passes = Passes(self.settings.key_frame_passes, self.settings.choice_noise)
        draw_key_frames(
            branches, frames, keys, self._masked_sampling(self.settings.guidance), passes, choose
        )
        return frames.numpy().astype(np.int32)

    def _masked_branches(
        self,
        make: Callable[[Any, torch.Tensor, torch.Tensor | None], _Decoder],
        graph: str,
        wishes: Sequence[Wish],
        factor: int,
        guidance: float,
        opening: np.ndarray | None,
    ) -> list[_Decoder]:
        """The decoder of the clips, whose frames open with the ids `opening` [N, 5], and under
        guidance one without prompts, whose frames open with BOI."""
        model = OnnxTransformer(self.package.sessions[graph], manifest_config(self.manifest, graph))
        told = None if opening is None else torch.from_numpy(opening).long()

        def text(prompts: Sequence[str]) -> torch.Tensor:
            shape = (len(wishes), self.manifest["textLength"])
            rows = np.full(shape, self.manifest["ids"]["pad"], np.int64)
            for row, wish, prompt in zip(rows, wishes, prompts, strict=True):
                words = self.window_text(wish.key_rate * factor, prompt)
                row[: len(words)] = words
            return torch.from_numpy(rows)

        branches = [make(model, text([wish.prompt for wish in wishes]), told)]
        if guidance != 1:
            branches.append(make(model, text([""] * len(wishes)), None))
        return branches

    def _masked_sampling(self, guidance: float) -> Sampling:
        settings = self.settings
        return Sampling(guidance, settings.temperature, settings.top_k, settings.guidance_floor)

    def _fill_windows(
        self,
        wishes: Sequence[Wish],
        keys: Sequence[int],
        slots: np.ndarray,
        number: int,
        opening: np.ndarray | None,
    ) -> None:
        """Draws frames 1 and 3 of every window [n, 5, C] in place; opening: ids [n, 5]."""
        guidance = self.settings.interpolation_guidance
        if self.settings.passes_of_round(number):
            self._fill_in_passes(wishes, keys, slots, number, opening)
            return
        runner = self._runner("interpolation", wishes, 2**number, guidance, opening)
        given = slots[:, list(INTERPOLATION_ORDER[:GIVEN])]
        runner.prefill(np.concatenate([given] * self._branches(guidance)))
        for index, slot in enumerate(WANTED_SLOTS):
            hints = [slots[:, slot - 1], slots[:, slot + 1]]
            self._draw_frame(runner, GIVEN + index, index * self.cells, keys, slots[:, slot],
                             hints, guidance)  # fmt: skip

    def _fill_in_passes(
        self,
        wishes: Sequence[Wish],
        keys: Sequence[int],
        slots: np.ndarray,
        number: int,
        opening: np.ndarray | None,
    ) -> None:
        """As `_fill_windows`, many cells at once."""
        settings = self.settings
        frames = torch.from_numpy(slots).long()
        guidance = settings.interpolation_guidance
        branches = self._masked_branches(
            lambda model, text, told: MaskedDecoder(model, text, frames, told),
            "interpolation", wishes, 2**number, guidance, opening,
        )  # fmt: skip
        passes = Passes(settings.interpolation_passes, settings.choice_noise)
        fill_in_passes(branches, frames, keys, self._masked_sampling(guidance), passes)
        slots[:] = frames.numpy()

    def _draw_frame(
        self,
        runner: TransformerRunner,
        order: int,
        first_index: int,
        keys: Sequence[int],
        tokens: np.ndarray,
        hints: Sequence[np.ndarray],
        guidance: float,
    ) -> None:
        """Fills tokens [N, C] cell by cell."""
        for cell in range(self.cells):
            self._draw_cell(runner, order, cell, first_index, keys, tokens, hints, guidance)

    def _draw_cell(
        self,
        runner: TransformerRunner,
        order: int,
        cell: int,
        first_index: int,
        keys: Sequence[int],
        tokens: np.ndarray,
        hints: Sequence[np.ndarray],
        guidance: float,
    ) -> None:
        """Draws one cell of tokens [N, C]; all branches of a clip get the same."""
        special, branches = self.manifest["ids"], self._branches(guidance)
        before = np.tile(tokens[:, max(0, cell - 1)], branches)
        ids = before if cell else runner.opening[:, runner.order[order]]
        hint = np.full((len(tokens), 2), special["nullHint"], np.int32)
        for column, frame in enumerate(hints):
            hint[:, column] = frame[:, cell]
        told = np.tile(hint, (branches, 1))
        if len(hints) < 2:  # key frames
            told[:, 1] = runner.opening[:, runner.order[order]]
        logits = runner.step(order, cell, ids, told)
        numbers = [uniform(key, first_index + cell) for key in keys]
        tokens[:, cell] = self._draw(logits, guidance, numbers)

    def _draw(self, logits: np.ndarray, guidance: float, numbers: Sequence[float]) -> list[int]:
        rows = logits.astype(np.float64)
        if guidance != 1:
            conditional, unconditional = np.split(rows, 2)
            rows = guided(conditional, unconditional, guidance, self.settings.guidance_floor)
        temperature, top_k = self.settings.temperature, self.settings.top_k
        if not 0 < top_k < rows.shape[1]:
            return [draw_token(row, temperature, top_k, u) for row, u in zip(rows, numbers,
                                                                          strict=True)]  # fmt: skip
        # Sorting only what can be among the best k (ties included) gives the same order.
        least = np.partition(rows, -top_k, axis=1)[:, -top_k]
        drawn = []
        for row, bound, u in zip(rows, least, numbers, strict=True):
            ids = np.flatnonzero(row >= bound)
            drawn.append(int(ids[draw_token(row[ids], temperature, top_k, u)]))
        return drawn


def _refuse_cogvideo(package: ModelPackage) -> None:
    """PackageError for what `training.cogvideo.clip_sampler` draws and this sampler does not."""
    found = [name for name in ("clusters", "firstFrame") if name in package.manifest["sampling"]]
    ways = [f"sampling.{name}" for name in found]
    ways += ["promptTexts"] if "promptTexts" in package.manifest else []
    if ways:
        raise PackageError(
            f"{package.folder} draws as CogVideo does ({', '.join(ways)}), which evaluation does "
            "not; draw with training.cogvideo.clip_sampler"
        )


def nearest_rate(manifest: dict[str, Any], rate: float) -> dict[str, Any]:
    """The trained rate whose duration text announces a window at `rate` frames per second."""
    return min(manifest["rates"], key=lambda r: abs(np.log2(r["framesPerSecond"] / rate)))
