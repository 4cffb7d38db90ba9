"""Settings of one CogVideo stage, as its checkpoint gives them, and the model they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.common.stated_settings import check_restated, read_settings
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
        """From a golden set's settings of a stage.

        ValueError names what is missing, and variants that the release never had.
        """
        stated = read_settings(values, _KEYS, _WHOSE)
        if stated["stage"] not in STAGE_OF_NUMBER:
            raise ValueError(f"cogvideo_stage must be 1 or 2, not {stated['stage']!r}")
        check_restated(values, {"layernorm_order": "sandwich", "frame_num": FRAMES}, _WHOSE)
        window = max(0, int(stated["window"]))
        own = {
            "stage": STAGE_OF_NUMBER[stated["stage"]],
            "text_slots": stated["text_slots"][0],
            "window": window,
            "shift": int(values.get("shift_size") or window // 2),
        }
        return CogVideoConfig(**{**stated, **own})

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


_WHOSE = "the model settings"
_KEYS = {
    "stage": "cogvideo_stage",
    "layers": "num_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "ffn": "inner_hidden_size",
    "vocabulary": "vocab_size",
    "codes": "num_image_tokens",
    "boi_id": "boi_id",
    "pad_id": "pad_id",
    "text_slots": "layout",  # ends of text, first frame and other frames
    "grid": "frame_resolution",
    "base_positions": "max_sequence_length",
    "extra_positions": "additional_seqlen",
    "image_offset": "image_position_offset",
    "norm_eps": "layernorm_epsilon",
    "window": "window_size",
}
