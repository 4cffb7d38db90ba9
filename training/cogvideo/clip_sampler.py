"""Draws a clip as the app draws it from a converted package: in torch, through the cached step.

The twin of workers/stages for CogVideo's ways (docs/cogvideo.md sections 1.2, 4 and 5): the first
frame by the base channel alone under a text of its own, then the others behind it, then rounds of
interpolation. The random numbers are those of training/common/random_stream.py, the first frame's
those of slot 0; with clusters one number draws both cluster and code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.common.random_stream import draw_token, stream_key, uniform
from training.transformer.cached import CachedDecoder, Decoding
from training.transformer.cluster_sampling import ClusterSampling, draw_code
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.model import Transformer
from training.transformer.sample import KEY_FRAME_ROUND, guided

Encode = Callable[[str], Sequence[int]]
"""The flat ids of a text, encoded by itself."""

DrawCode = Callable[[np.ndarray, float], int]
"""One code from logits [K] and a number in [0, 1)."""


class CogVideoSampler:
    """`models` by stage, `manifest` of their package, and its table of clusters, int [K], where it
    has one. Settings are those of the manifest."""

    def __init__(
        self,
        models: Mapping[str, Transformer],
        encode: Encode,
        manifest: Mapping[str, Any],
        clusters: np.ndarray | None = None,
    ) -> None:
        if ("clusters" in manifest["sampling"]) != (clusters is not None):
            raise ValueError("a table of clusters belongs to packages with sampling.clusters")
        self.models, self.encode, self.manifest = models, encode, manifest
        self.sampling, self.clusters = manifest["sampling"], clusters
        self.cells = manifest["grid"] ** 2
        self.released = bool(manifest["release"]["asReleased"])

    def clip(self, prompt: str, seed: int, rounds: int) -> Tensor:
        """Tokens int64 [4 * 2^rounds + 1, C]."""
        frames = self.key_frames(prompt, seed)
        for number in range(1, rounds + 1):
            frames = self.interpolate(prompt, frames, seed, number)
        return frames

    @torch.inference_mode()
    def key_frames(self, prompt: str, seed: int) -> Tensor:
        """Tokens int64 [5, C]."""
        scale, texts = self.sampling["guidance"], self.manifest["promptTexts"]
        rate = self.manifest["defaultKeyRate"]
        keys = [stream_key(seed, KEY_FRAME_ROUND, 0)]
        frames = torch.zeros(1, FRAMES, self.cells, dtype=torch.long)
        self._draw_first_frame(frames, prompt, keys)
        suffix = "" if scale == 1 else texts["guidedSuffix"]
        rows = [self.window_text(rate, prompt + suffix)]
        if scale != 1:
            rows.append(self.window_text(rate, texts["unconditional"]))
        decoder = self._decoder("keyframes", rows, self._boost(scale))
        decoder.prefill_first_frame(frames.repeat(len(rows), 1, 1))
        draw = self._drawer(self.sampling)
        for slot in range(1, FRAMES):
            self._draw_frame(decoder, frames, slot, slot * self.cells, keys, scale, draw)
        return frames[0]

    @torch.inference_mode()
    def interpolate(self, prompt: str, frames: Tensor, seed: int, number: int) -> Tensor:
        """Round `number` (from 1): tokens [N, C] -> [2N - 1, C]."""
        scale, windows = self.sampling["interpolationGuidance"], (len(frames) - 1) // 2
        rate = self.manifest["defaultKeyRate"] * 2**number
        slots = torch.zeros(windows, FRAMES, self.cells, dtype=torch.long)
        for window in range(windows):
            slots[window, list(GIVEN_SLOTS)] = frames[2 * window : 2 * window + 3]
        texts = [self.window_text(rate, prompt)] * windows
        if scale != 1:
            generic = self.manifest["promptTexts"]["unconditional"]
            texts += [self.window_text(rate, generic)] * windows
        decoder = self._decoder("interpolation", texts, self._boost(scale))
        decoder.prefill_given(slots.repeat(len(texts) // windows, 1, 1))
        keys = [stream_key(seed, number, window) for window in range(windows)]
        draw = self._drawer(self.sampling)
        for order, slot in enumerate(WANTED_SLOTS):
            self._draw_frame(decoder, slots, slot, order * self.cells, keys, scale, draw)
        merged = slots[:, :4].reshape(4 * windows, self.cells)  # given, drawn, given, drawn
        return torch.cat([merged, frames[-1:]])

    def first_frame_text(self, prompt: str) -> list[int]:
        """No duration, no line break, cut to the text slots."""
        text = prompt + self.manifest["promptTexts"]["firstFrameSuffix"]
        return list(self.encode(text))[: self.manifest["textLength"]]

    def window_text(self, rate: float, prompt: str) -> list[int]:
        """Duration and prompt, encoded apart, joined by the line break, cut to the text slots."""
        durations = {r["framesPerSecond"]: r["durationText"] for r in self.manifest["rates"]}
        line_break = self.manifest["ids"]["lineBreak"]
        ids = [*self.encode(durations[rate]), line_break, *self.encode(prompt)]
        return ids[: self.manifest["textLength"]]

    def _draw_first_frame(self, frames: Tensor, prompt: str, keys: Sequence[int]) -> None:
        setting = self.sampling["firstFrame"]
        text = self.first_frame_text(prompt)
        decoder = self._decoder("keyframes", [text], setting["textBoost"], first_frame=True)
        self._draw_frame(decoder, frames, 0, 0, keys, 1.0, self._drawer(setting))

    def _decoder(
        self, stage: str, texts: Sequence[Sequence[int]], boost: float, first_frame: bool = False
    ) -> CachedDecoder:
        """The release's errors (pitfalls P1 and P2) come together or not at all."""
        pad, longest = self.manifest["ids"]["pad"], max(map(len, texts))
        rows = torch.tensor([[*text, *[pad] * (longest - len(text))] for text in texts])
        decoding = Decoding(boost, not self.released, first_frame, wrapped=self.released)
        return CachedDecoder(self.models[stage], rows, decoding)

    def _boost(self, guidance: float) -> float:
        return self.sampling["textBoost"] if guidance == 1 else 0.0

    def _drawer(self, setting: Mapping[str, Any]) -> DrawCode:
        """`setting` has temperature and topK, which counts clusters where there are any."""
        temperature, kept = setting["temperature"], setting["topK"]
        if self.clusters is None:
            return lambda logits, u: draw_token(logits, temperature, kept, u)
        own = self.sampling["clusters"]
        sampling = ClusterSampling(
            self.clusters, temperature, kept or own["count"], own["innerTemperature"]
        )
        return lambda logits, u: draw_code(logits, sampling, u)

    def _draw_frame(
        self,
        decoder: CachedDecoder,
        frames: Tensor,
        slot: int,
        first_index: int,
        keys: Sequence[int],
        guidance: float,
        draw: DrawCode,
    ) -> None:
        """Fills `frames` [B, 5, C] at `slot`; all branches of a sequence get the same tokens."""
        branches = 1 if guidance == 1 else 2
        for cell in range(self.cells):
            logits = decoder.next_logits(frames.repeat(branches, 1, 1), slot, cell)
            rows = logits.double().numpy()
            if branches > 1:
                rows = guided(*np.split(rows, branches), guidance)
            for index, key in enumerate(keys):
                frames[index, slot, cell] = draw(rows[index], uniform(key, first_index + cell))
