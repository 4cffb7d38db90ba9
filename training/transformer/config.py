"""Options of the dual-channel transformer: CogVideo's own model and the small default one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from training.transformer.spots import spots_in

Stage = Literal["keyframes", "interpolation"]
Kind = Literal["key", "interpolation"]  # of the clips that a stage learns from
STAGES: tuple[Stage, ...] = ("keyframes", "interpolation")
FRAMES = 5  # frames of one window in both stages
GIVEN_SLOTS = (0, 2, 4)  # slots of an interpolation window that are given
WANTED_SLOTS = (1, 3)  # slots of an interpolation window that are generated, in this order
NOT_DRAWN = -1  # in the place of a token: a masked cell


@dataclass(frozen=True)
class Window:
    """Spatial window of the temporal channel: cell (r, c) lies in region
    (floor((r + shift) / height), floor((c + shift) / width)); a region spans all frames."""

    height: int  # rows
    width: int  # columns
    shift: int = 0  # rows and columns by which the partition is moved up and left


@dataclass(frozen=True)
class TransformerConfig:
    """One stage's model. Ids are flat: image codes, text pieces, BOI, null hint, stages."""

    stage: Stage  # which visibility and loss the model is trained with
    grid: int  # G, cells per side of a frame
    codes: int  # K, image codes; ids 0..K-1 and the width of the head
    vocabulary: int  # rows of the word embedding (K + pieces + 2 + stages): of all flat ids, but
    # ids of one stage share theirs
    boi_id: int  # id fed at cell 0 of a frame of which no stage is told
    null_hint_id: int  # hint id that means "no hint" (not below `codes`)
    pad_id: int  # flat id of the text padding
    text_slots: int  # T, text positions; longer texts are cut
    layers: int
    hidden: int
    heads: int
    ffn: int  # inner width of the MLP
    norm: Literal["rms", "layer"] = "rms"  # pre-norm RMS (no bias) or CogVideo's sandwich LayerNorm
    norm_eps: float = 1e-5
    activation: Literal["relu2", "gelu"] = "relu2"  # gelu is the tanh approximation
    biases: bool = False  # biases on every linear layer except the head
    positions: Literal["factorised", "absolute"] = "factorised"
    # factorised: text + frame + row + column tables; absolute: one row per position, of which
    # text and frame 0 are the base table and frames 1..4 the extra table
    tied_head: bool = False  # the head is the word embedding's first K rows
    tied_hints: bool = False  # a hint is a projection of the word embedding's row, not a table's
    hints: Literal[0, 1, 2] = 0  # hint columns the model reads (the graph input has two if any)
    copy_gate: bool = False  # a scalar of the hidden state raises the logit of each hint's token
    text_summary: int = 0  # inner width of the MLP over the mean of the text's pieces whose output
    # every image row of key frames gets added at the input; 0 = none
    base_first_frame: bool = False  # the first frame is drawn by the base channel alone: a step
    # says for each sequence how much of the temporal channel it takes (CogVideo's stage 1)
    masked: bool = False  # also draws many cells of a frame at once: its rows then read their own
    # cell, or the id that opens the frame while it is hidden, and see the whole frame (stage 2:
    # both wanted frames)
    stages: int = 0  # ids behind the null hint that open frames of known stages, instead of BOI
    stage_rows: bool = False  # every row of a frame also gets a vector of the frame's stage added,
    # which the id that opens the frame tells: of key frames their second hint, else the input
    # `opening`
    columns: int = 0  # across the frame, in which storyboards can tell a body's centre to be; a
    # stage has an id for each spot then. With `stage_rows` every row of a frame also gets a vector
    # of where it is as the body sees it
    rows: int = 0  # down the frame, in which they can tell its feet to be; 0: spots tell columns
    # alone. Every row of a frame also gets a vector of how far above or below them it is then
    windows: tuple[Window, ...] = ()  # layer i uses windows[i % len]; empty: the whole frame

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} is not a multiple of heads {self.heads}")
        if self.copy_gate and not self.hints:
            raise ValueError("copy_gate needs hints >= 1")
        if self.stage_rows and not self.stages:
            raise ValueError("stage_rows needs stages")
        if self.stage_rows and self.stage == "keyframes" and self.hints != 1:
            raise ValueError("stage_rows needs the second hint for the id that opens the frame")
        if self.columns and not self.stages:
            raise ValueError("columns needs stages, whose ids tell the spots")
        if self.rows and not self.columns:
            raise ValueError("rows needs columns: a spot tells both")
        if not self.codes <= min(self.boi_id, self.null_hint_id, self.pad_id):
            raise ValueError("special ids must not be image codes: they start at `codes`")

    @property
    def first_stage_id(self) -> int:
        """Flat id of the first stage of storyboards."""
        return self.null_hint_id + 1

    @property
    def spots(self) -> int:
        """Ids of one stage: one for every spot, and the last one, which tells none."""
        return spots_in(self.columns, self.rows)

    @property
    def ids(self) -> int:
        """All flat ids."""
        return self.vocabulary + self.stages * (self.spots - 1)

    @property
    def cells(self) -> int:
        """Cells of one frame, G*G."""
        return self.grid * self.grid

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    @property
    def patterns(self) -> int:
        """W, window patterns of the temporal bias (1 when there are no windows)."""
        return max(1, len(self.windows))

    def window(self, layer: int) -> Window | None:
        """The window of the temporal channel in this layer, None for the whole frame."""
        return self.windows[layer % len(self.windows)] if self.windows else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> TransformerConfig:
        windows = tuple(Window(**window) for window in values["windows"])
        return TransformerConfig(**{**values, "windows": windows})

    def for_stage(self, stage: Stage) -> TransformerConfig:
        """The same model for another stage. Interpolation reads a second hint and needs no summary
        of the text: the given frames show what it says."""
        if stage == "keyframes":
            return replace(self, stage=stage, hints=min(self.hints, 1), masked=False)
        return replace(
            self,
            stage=stage,
            hints=2 if self.hints else 0,
            text_summary=0,
            base_first_frame=False,
        )
