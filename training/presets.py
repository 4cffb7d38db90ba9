"""The named sizes: `micro` is the test fixture (seconds), `cpu` the model that ships."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from training.transformer.config import Kind, Stage, TransformerConfig, Window
from training.world.spots import COLUMNS, ROWS
from training.world.visible_stages import stages_of


@dataclass(frozen=True)
class Preset:
    """Everything that the steps of training/run.sh must agree on."""

    name: str  # also the folder of data and checkpoints
    package: str  # id of the model package that it makes
    world: Literal["synthetic", "rendered"]  # synthetic: drawn shapes, needs no Chromium
    subset: Literal["cpu", "full"]  # the part of the world's catalog that it is trained on
    pixels: int  # side of a frame
    factor: int  # pixels per token along one side
    codes: int  # K, codebook size
    text_pieces: int  # V, pieces of the caption tokenizer (upper bound; the file decides)
    text_slots: int  # T
    layers: int
    hidden: int
    heads: int
    ffn: int
    windows: tuple[Window, ...]  # temporal windows of both stages, by layer
    key_clips: int  # clips of the token set of stage 1
    interpolation_clips: int  # clips of the token set of stage 2
    validation_clips: int  # further clips of each set, never trained on
    vqvae_minutes: float
    decoder_minutes: float  # of the decoder alone, on frozen tokens; 0 = none
    keyframes_minutes: float
    interpolation_minutes: float
    batch: int  # clips per process and step
    guidance: float  # sampling defaults
    temperature: float
    top_k: int
    guidance_floor: float = 0.0  # least share of the likeliest code's probability; 0 = off
    text_summary: int = 0  # inner width of the text's summary; 0 = none
    tied_tables: bool = False  # words, hints and head share one table
    shared_base: bool = False  # stage 2 trains temporal channels only; the package keeps one base
    muon_lr: float = 5e-3  # of the transformer's matrices
    adam_lr: float = 4e-3  # of its tables and vectors
    first_frame_weight: float = 1.0  # loss weight of the first key frame
    rivals: int = 0  # clips per process and step that stage 1 also sees under a wrong caption
    storyboard_rivals: int = 0  # those that stage 2 also sees under a wrong storyboard
    rival_weight: float = 0.0  # of the loss of telling the own caption from the wrong one
    strays: float = 0.0  # share of stage 1's clips that are read with wrong tokens among the drawn
    masked_key_frames: bool = False  # stage 1 also learns to draw masked cells
    key_frame_passes: int = 0  # in which it does on a GPU; 0 = cell by cell there too
    key_frame_lag: int = 0  # cells by which one follows another on a GPU; 0 = whole frames
    interpolation_passes: int = 0  # in which stage 2 can draw masked cells; 0 = cell by cell alone
    choice_noise: float = 1.0  # of the choice which cells a pass keeps
    interpolation_strays: float = 0.0  # as `strays`, of stage 2's clips
    caption_dropout: float = 0.1  # share of the clips that lose their prompt, for guidance
    storyboard: bool = False  # frames open with the stage of the action that they show
    stage_rows: bool = False  # which every row of a key frame also gets to know
    interpolation_rows: bool = False  # as does every row of stage 2
    columns: int = 0  # in which storyboards can tell the body to be, too (world.spots); 0 = none
    rows: int = 0  # in which they can tell its feet to be as well; 0 = none
    text_weight: float = 0.0  # of the loss of reading the caption's labels off the text rows
    seconds: float = 4.0  # length of a clip
    rates: tuple[int, ...] = (1, 2, 4, 8)  # frames per second that are trained
    upscaler_minutes: float = 0  # 0 = none: frames are shown as the decoder makes them
    guests: float = 0.0  # clips of subjects without labels (catalog.GUESTS) per own clip
    medleys: float = 0.0  # clips with poses of other actions (world.medley) per own clip
    interpolation_medleys: float = 0.0  # of stage 2's
    facing: float = 0.0  # clips of front views (the same) per own clip
    ranker_minutes: float = 0  # 0 = none: the first key frames that are drawn are kept
    candidates: int = 1  # key frames drawn for a clip; the ranker keeps the best

    @property
    def grid(self) -> int:
        """G, tokens per side of a frame."""
        return self.pixels // self.factor

    def clips(self, kind: Kind) -> int:
        """Training clips of a token set, those of guests apart."""
        return self.key_clips if kind == "key" else self.interpolation_clips

    def guest_clips(self, kind: Kind) -> int:
        """Clips of guests beside those."""
        return round(self.guests * self.clips(kind))

    def medley_clips(self, kind: Kind) -> int:
        """Medleys beside those."""
        share = self.medleys if kind == "key" else self.interpolation_medleys
        return round(share * self.clips(kind))

    def front_views(self, kind: Kind) -> int:
        """Clips of front views, of key frames alone: the frames between two that are given know the
        size that their subject has."""
        return round(self.facing * self.clips(kind)) if kind == "key" else 0

    def transformer(self, stage: Stage, pieces: int, pad_piece: int) -> TransformerConfig:
        """The model of one stage; `pieces` and `pad_piece` come from the caption tokenizer."""
        stages = len(stages_of(self.subset)) if self.storyboard else 0
        config = TransformerConfig(
            stage="keyframes",
            grid=self.grid,
            codes=self.codes,
            vocabulary=self.codes + pieces + 2 + stages,
            boi_id=self.codes + pieces,
            null_hint_id=self.codes + pieces + 1,
            pad_id=self.codes + pad_piece,
            text_slots=self.text_slots,
            layers=self.layers,
            hidden=self.hidden,
            heads=self.heads,
            ffn=self.ffn,
            hints=1,
            copy_gate=True,
            tied_head=self.tied_tables,
            tied_hints=self.tied_tables,
            text_summary=self.text_summary,
            stages=stages,
            stage_rows=self.stage_rows if stage == "keyframes" else self.interpolation_rows,
            columns=self.columns,
            rows=self.rows,
            windows=self.windows,
        )
        config = config.for_stage(stage)
        masked = {
            "keyframes": self.masked_key_frames,
            "interpolation": self.interpolation_passes > 0,
        }
        return replace(config, masked=masked[stage])


MICRO = Preset(
    name="micro",
    package="micro",
    world="synthetic",
    subset="cpu",
    pixels=32,
    factor=8,
    codes=64,
    text_pieces=512,
    text_slots=32,
    layers=2,
    hidden=64,
    heads=2,
    ffn=128,
    windows=(Window(2, 2), Window(2, 2, shift=1)),
    key_clips=512,
    interpolation_clips=512,
    validation_clips=64,
    vqvae_minutes=0.3,
    decoder_minutes=0,
    keyframes_minutes=0.4,
    interpolation_minutes=0.3,
    batch=8,
    guidance=2.0,
    temperature=0.8,
    top_k=20,
    guidance_floor=0.05,
    text_summary=32,
    storyboard=True,
)

CPU = Preset(
    name="cpu",
    package="mini",
    world="rendered",
    subset="cpu",
    pixels=96,
    factor=8,
    codes=2048,
    text_pieces=1024,
    text_slots=32,
    layers=6,
    hidden=256,
    heads=4,
    ffn=1024,
    windows=(Window(4, 4), Window(2, 12), Window(12, 2)),
    key_clips=28_000,
    interpolation_clips=14_000,
    validation_clips=400,
    vqvae_minutes=30,
    decoder_minutes=18,
    keyframes_minutes=112,
    interpolation_minutes=70,
    batch=4,
    guidance=2.0,
    guidance_floor=0.05,  # without it stray codes grow from frame to frame
    temperature=0.6,
    top_k=20,
    first_frame_weight=2.0,
    text_weight=0.1,
    rivals=2,
    storyboard_rivals=1,
    rival_weight=0.05,
    strays=0.5,
    masked_key_frames=True,  # not drawn so yet: they lose their legs
    key_frame_lag=36,  # three rows
    interpolation_passes=8,
    interpolation_strays=0.25,
    guests=0.5,
    medleys=0.75,
    interpolation_medleys=1.0,
    facing=0.5,
    storyboard=True,
    stage_rows=True,
    interpolation_rows=True,
    columns=COLUMNS,
    rows=ROWS,
    caption_dropout=0.2,  # two thirds of these keep the storyboard
    text_summary=512,
    upscaler_minutes=15,
    ranker_minutes=15,
    candidates=6,
)

# Sizes by the 32 MB of the package (training.export.package_size): with the base shared by both
# stages and one table for words, hints and head, 8-bit weights allow 6 layers of width 384. Width
# 512 and 8 layers would need 4-bit weights (42 M of them are 22 MB) and a step in the browser that
# costs four times as much as the cpu preset's; 384 costs about twice as much.
GPU = Preset(
    name="gpu",
    package="large",
    world="rendered",
    subset="full",
    pixels=128,
    factor=8,
    codes=8192,
    text_pieces=1536,
    text_slots=48,
    layers=6,
    hidden=384,
    heads=6,
    ffn=1536,
    windows=(Window(4, 4), Window(2, 8), Window(8, 2)),
    key_clips=300_000,
    interpolation_clips=100_000,
    validation_clips=2000,
    vqvae_minutes=24,
    decoder_minutes=0,
    keyframes_minutes=17,
    interpolation_minutes=7,
    batch=128,
    guidance=2.5,
    temperature=0.8,
    top_k=50,
    text_summary=256,
    tied_tables=True,
    shared_base=True,
    muon_lr=3e-3,
    adam_lr=2e-3,
    rivals=32,
    storyboard_rivals=32,
    rival_weight=0.05,
    strays=0.5,
    masked_key_frames=True,
    interpolation_passes=8,
    interpolation_strays=0.25,
    storyboard=True,
    stage_rows=True,
    caption_dropout=0.2,
)

# The same recipe in sizes that a CPU trains in minutes: rehearses the commands of training/gpu.sh.
REHEARSAL = replace(
    GPU,
    name="gpu-rehearsal",
    package="rehearsal",
    subset="cpu",
    pixels=32,
    codes=128,
    text_pieces=1024,
    text_slots=32,
    layers=2,
    hidden=64,
    heads=2,
    ffn=128,
    windows=(Window(2, 2), Window(4, 1)),
    key_clips=256,
    interpolation_clips=128,
    validation_clips=32,
    vqvae_minutes=0.4,
    keyframes_minutes=0.4,
    interpolation_minutes=0.3,
    batch=8,
    rivals=2,
    storyboard_rivals=2,
)

PRESETS = {preset.name: preset for preset in (MICRO, CPU, GPU, REHEARSAL)}


def preset_named(name: str) -> Preset:
    """The preset of that name; ValueError names the choices."""
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


def data_folder(preset: str) -> Path:
    """Where the steps of a preset keep data and checkpoints (FLIPBOOK_DATA overrides the root)."""
    root = os.environ.get("FLIPBOOK_DATA", Path(__file__).parent / "data")
    return Path(root) / preset
