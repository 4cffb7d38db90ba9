"""Sizes, ids and positions of the super-resolution transformer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.common.stated_settings import check_restated, read_settings


@dataclass(frozen=True)
class DsrConfig:
    """The defaults are those of the released `cogview2-dsr`. Ids are flat."""

    layers: int = 48
    hidden: int = 3072
    heads: int = 48
    ffn: int = 12288
    vocabulary: int = 150_010
    codes: int = 20_000  # image codes, ids 0..codes-1 and the width of the head
    boi_id: int = 150_000  # what every fine cell holds at the input
    text_slots: int = 96  # longest text
    coarse_grid: int = 20  # tokens per side that are given
    fine_grid: int = 60  # tokens per side that are drawn
    coarse_offset: int = 513  # base position of the first coarse token (unshifted, so not 512)
    base_positions: int = 1024  # rows of the base table; fine cells use the extra table from row 0
    coarse_kernel: tuple[int, int] = (5, 5)  # rows, columns around a fine cell's parent
    fine_kernel: tuple[int, int] = (9, 5)  # rows, columns around the cell itself
    norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        broken = [message for fails, message in self._rules() if fails]
        if broken:
            raise ValueError(f"impossible super-resolution settings: {'; '.join(broken)}")

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        sides = (*self.coarse_kernel, *self.fine_kernel)
        end = self.coarse_offset + self.coarse_cells
        return (
            (self.hidden % self.heads != 0, "hidden is not a multiple of heads"),
            (self.fine_grid % self.coarse_grid != 0, "the coarse grid does not divide the fine"),
            (any(side % 2 == 0 for side in sides), "a kernel of even size has no centre"),
            (self.coarse_offset < self.text_slots, "text and coarse positions overlap"),
            (end > self.base_positions, "the coarse tokens exceed the base positions"),
            (not self.codes <= self.boi_id < self.vocabulary, "boi_id is no special id"),
        )

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    @property
    def coarse_cells(self) -> int:
        return self.coarse_grid**2

    @property
    def fine_cells(self) -> int:
        return self.fine_grid**2

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> DsrConfig:
        """From the keys of a golden set's config.json (section `dsr`).

        Raises ValueError when a key is missing or when the numbers contradict each other.
        """
        stated = read_settings(values, _KEYS, _WHOSE)
        config = DsrConfig(**{**stated, "text_slots": stated["text_slots"][0]})
        config._check_redundant(values)
        return config

    def _check_redundant(self, values: Mapping[str, Any]) -> None:
        """What the settings state twice, and variants that the release never had."""
        text, coarse = self.text_slots, self.text_slots + self.coarse_cells
        expected = {
            "layout": [text, coarse, coarse + self.fine_cells],
            "additional_seqlen": self.fine_cells,
            "highres_position_offset": self.base_positions,
            "head_dim": self.head_dim,
            "layernorm_order": "sandwich",
        }
        check_restated(values, expected, _WHOSE)


_WHOSE = "the super-resolution's settings"
_KEYS = {
    "layers": "num_layers",
    "hidden": "hidden_size",
    "heads": "num_attention_heads",
    "ffn": "inner_hidden_size",
    "vocabulary": "vocab_size",
    "codes": "num_image_tokens",
    "boi_id": "boi_id",
    "text_slots": "layout",  # ends of text, coarse tokens and fine cells
    "coarse_grid": "low_grid",
    "fine_grid": "high_grid",
    "coarse_offset": "lowres_position_offset",
    "base_positions": "max_sequence_length",
    "coarse_kernel": "kernel_low",
    "fine_kernel": "kernel_high",
    "norm_eps": "layernorm_epsilon",
}
