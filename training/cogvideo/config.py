"""Settings of one CogVideo stage, as its checkpoint gives them, and the model they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.transformer.config import FRAMES, Stage, TransformerConfig, Window

STAGE_OF_NUMBER: dict[int, Stage] = {1: "keyframes", 2: "interpolation"}


@dataclass(frozen=True)
class CogVideoConfig:
    """Sizes, special ids and position layout of stage 1 or 2. All ids are flat."""

    stage: Stage
    layers: int
    hidden: int
    heads: int
    ffn: int  # inner width of the MLP
    vocabulary: int  # rows of the word embedding
    codes: int  # image codes, ids 0..codes-1
    boi_id: int
    pad_id: int
    text_slots: int  # text ids of a training row; longer texts are cut
    grid: int  # cells per side of a frame
    base_positions: int  # rows of the base position table
    extra_positions: int  # rows of the extra position table, frames 1.. begin at its row 0
    image_offset: int  # base row of frame 0's first cell
    norm_eps: float
    window: int  # side of the temporal channel's windows in cells; 0: the whole frame
    shift: int  # cells by which odd layers shift the windows

    def __post_init__(self) -> None:
        cells = self.grid * self.grid
        rules = (
            (self.hidden % self.heads, "hidden_size is not a multiple of num_attention_heads"),
            (self.image_offset < self.text_slots, "text and image positions overlap"),
            (self.image_offset + cells > self.base_positions, "frame 0 exceeds the base positions"),
            ((FRAMES - 1) * cells > self.extra_positions, "frames exceed the extra positions"),
            (not self.codes <= min(self.boi_id, self.pad_id), "special ids are image codes"),
            (max(self.boi_id, self.pad_id) >= self.vocabulary, "special ids exceed the vocabulary"),
            (self.window and self.grid % self.window, "the window does not divide the frame"),
        )
        broken = [message for fails, message in rules if fails]
        if broken:
            raise ValueError(f"impossible model settings: {'; '.join(broken)}")

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> CogVideoConfig:
        """From a golden set's settings of a stage. ValueError names what is missing or unknown."""
        missing = [name for name in _NEEDED if name not in values]
        if missing:
            raise ValueError(f"model settings lack {', '.join(missing)}")
        _check_variant(values)
        window = max(0, int(values["window_size"]))
        return CogVideoConfig(
            stage=STAGE_OF_NUMBER[values["cogvideo_stage"]],
            layers=values["num_layers"],
            hidden=values["hidden_size"],
            heads=values["num_attention_heads"],
            ffn=values["inner_hidden_size"],
            vocabulary=values["vocab_size"],
            codes=values["num_image_tokens"],
            boi_id=values["boi_id"],
            pad_id=values["pad_id"],
            text_slots=values["layout"][0],
            grid=values["frame_resolution"],
            base_positions=values["max_sequence_length"],
            extra_positions=values["additional_seqlen"],
            image_offset=values["image_position_offset"],
            norm_eps=values["layernorm_epsilon"],
            window=window,
            shift=int(values.get("shift_size") or window // 2),
        )

    def to_transformer(self) -> TransformerConfig:
        """The options of our module that make it this model."""
        windows: tuple[Window, ...] = ()
        if self.window:
            side = self.window
            windows = (Window(side, side), Window(side, side, self.shift))
        return TransformerConfig(
            stage=self.stage,
            grid=self.grid,
            codes=self.codes,
            vocabulary=self.vocabulary,
            boi_id=self.boi_id,
            null_hint_id=self.vocabulary - 1,  # unused: CogVideo has no hints
            pad_id=self.pad_id,
            text_slots=self.text_slots,
            layers=self.layers,
            hidden=self.hidden,
            heads=self.heads,
            ffn=self.ffn,
            norm="layer",
            norm_eps=self.norm_eps,
            activation="gelu",
            biases=True,
            positions="absolute",
            tied_head=True,
            base_first_frame=self.stage == "keyframes",
            windows=windows,
        )


_NEEDED = (
    "cogvideo_stage",
    "num_layers",
    "hidden_size",
    "num_attention_heads",
    "inner_hidden_size",
    "vocab_size",
    "num_image_tokens",
    "boi_id",
    "pad_id",
    "layout",
    "frame_resolution",
    "max_sequence_length",
    "additional_seqlen",
    "image_position_offset",
    "layernorm_epsilon",
    "window_size",
)


def _check_variant(values: Mapping[str, Any]) -> None:
    """Variants that the release never had are refused, not guessed at."""
    if values["cogvideo_stage"] not in STAGE_OF_NUMBER:
        raise ValueError(f"cogvideo_stage must be 1 or 2, not {values['cogvideo_stage']!r}")
    if values.get("layernorm_order", "sandwich") != "sandwich":
        raise ValueError(f"layernorm_order must be sandwich, not {values['layernorm_order']!r}")
    if values.get("frame_num", FRAMES) != FRAMES:
        raise ValueError(f"frame_num must be {FRAMES}, not {values['frame_num']!r}")
