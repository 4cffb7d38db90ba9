"""Sprites of the renderer's sheets, scaled to the final picture size."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from training.world.render_files import RenderFiles

# Scene coordinates are pixels of a 96-pixel picture, whatever size is drawn.
SCENE_PIXELS = 96
# Sizes of a subject that comes toward the camera; 1.0 is the size of the side view.
TOWARD_SCALES = (0.55, 0.64, 0.72, 0.81, 0.89, 0.98, 1.06, 1.15)


@dataclass(frozen=True)
class Sprite:
    """One drawn pose: premultiplied RGBA and where it lies relative to the ground contact."""

    rgba: np.ndarray  # uint8 (h, w, 4), cropped to what is visible
    left: int  # column of the crop minus the column of the anchor, final pixels
    top: int  # row of the crop minus the row of the anchor
    # uint8 (h, w): how much of a pixel is coat that takes another colour; None = nothing.
    coat: np.ndarray | None = None

    @property
    def rise(self) -> int:
        """Final pixels between the ground contact and the lowest visible one."""
        return max(0, -(self.top + self.rgba.shape[0]))

    @cached_property
    def mirrored(self) -> "Sprite":
        """The same pose seen from the other side."""
        width = self.rgba.shape[1]
        coat = None if self.coat is None else np.ascontiguousarray(self.coat[:, ::-1])
        turned = np.ascontiguousarray(self.rgba[:, ::-1])
        return Sprite(turned, -(self.left + width), self.top, coat)


@dataclass(frozen=True)
class ClipFile:
    """Where a clip's pictures are and how they are laid out."""

    source: Path  # folder or pack of the render
    name: str  # of the clip
    entry: dict  # of atlas.json
    cell: int  # stored pixels of a cell's side
    anchor: tuple[int, int]  # column and row of the ground contact in a cell
    pixels: int  # picture size that sprites are scaled for

    def check(self, files: RenderFiles) -> None:
        """ValueError when a sheet is not as large as atlas.json says."""
        expected = (self.cell * self.entry["frames"], self.cell * len(self.entry["yaws"]))
        for file in filter(None, (self.entry["file"], self.entry.get("mask"))):
            size = files.image(file).size
            if size != expected:
                raise ValueError(f"{file} is {size}, atlas.json says {expected}")

    def read_row(self, yaw: str, scales: tuple[float, ...]) -> list[list[Sprite]]:
        """All phases of a yaw at each scale."""
        files, row = RenderFiles(self.source), self.entry["yaws"].index(yaw)
        # "RGBa" is premultiplied: transparent pixels must not darken the averages.
        cells = self._cells(files.image(self.entry["file"]).convert("RGBA").convert("RGBa"), row)
        coats: list[Image.Image | None] = [None] * len(cells)
        if self.entry.get("mask"):
            coats = list(self._cells(files.image(self.entry["mask"]).convert("L"), row))
        return [
            [
                _sprite(image, coat, self.anchor, self.pixels / self.cell * scale)
                for image, coat in zip(cells, coats, strict=True)
            ]
            for scale in scales
        ]

    def _cells(self, sheet: Image.Image, row: int) -> list[Image.Image]:
        cell = self.cell
        corners = [(i * cell, row * cell) for i in range(self.entry["frames"])]
        return [sheet.crop((x, y, x + cell, y + cell)) for x, y in corners]


@dataclass(frozen=True)
class Clip:
    """All phases of one animation. Key of `poses`: (yaw, scale)."""

    seconds: float
    loop: bool
    yaws: tuple[str, ...]
    poses: dict[tuple[str, float], list[Sprite]]
    # Picture size that the sprites are scaled for.
    pixels: int
    file: ClipFile

    def pose(self, phase: float, yaw: str, scale: float = 1.0) -> Sprite:
        """Sprite at phase 0..1; beyond it loops wrap around and one-shot clips hold."""
        row = self._row(yaw if yaw in self.yaws else self.yaws[0], scale)
        frames = len(row)
        index = int(phase * frames + 1e-6)
        return row[index % frames if self.loop else min(index, frames - 1)]

    def _row(self, yaw: str, scale: float) -> list[Sprite]:
        if (yaw, scale) not in self.poses:
            self.poses[(yaw, scale)] = self.file.read_row(yaw, (scale,))[0]
        return self.poses[(yaw, scale)]

    def rise(self, phase: float, yaw: str, scale: float = 1.0) -> float:
        """Scene pixels between the ground and the lowest visible pixel of a pose."""
        return self.pose(phase, yaw, scale).rise * SCENE_PIXELS / self.pixels

    @cached_property
    def lifts(self) -> list[float]:
        """The rise of every phase, in the first yaw."""
        row = self.poses[(self.yaws[0], 1.0)]
        return [sprite.rise * SCENE_PIXELS / self.pixels for sprite in row]


class SubjectClips(Mapping[str, Clip]):
    """A subject's clips by name; each is read when it is first wanted."""

    def __init__(self, files: dict[str, ClipFile]) -> None:
        self._files = files
        self._clips: dict[str, Clip] = {}

    def __getitem__(self, name: str) -> Clip:
        if name not in self._clips:
            self._clips[name] = _read_clip(self._files[name])
        return self._clips[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _read_clip(file: ClipFile) -> Clip:
    entry = file.entry
    poses: dict[tuple[str, float], list[Sprite]] = {}
    for yaw in entry["yaws"]:
        scales = (1.0, *TOWARD_SCALES) if file.name == "walk" and yaw == "front" else (1.0,)
        rows = file.read_row(yaw, scales)
        poses.update({(yaw, scale): row for scale, row in zip(scales, rows, strict=True)})
    return Clip(entry["seconds"], entry["loop"], tuple(entry["yaws"]), poses, file.pixels, file)


def _sprite(
    image: Image.Image, coat: Image.Image | None, anchor: tuple[int, int], shrink: float
) -> Sprite:
    """Scale one premultiplied cell, with its anchor on a whole pixel, and crop it."""
    # Up to `margin` source pixels around the cell, so that whole pixels fit around the anchor.
    margin = 16
    wide = image.crop((-margin, -margin, image.width + margin, image.height + margin))
    column, row = (int((side + margin) * shrink) for side in anchor)
    left, top = (
        side + margin - whole / shrink for side, whole in zip(anchor, (column, row), strict=True)
    )
    size = int((wide.width - max(left, top)) * shrink)
    box = (left, top, left + size / shrink, top + size / shrink)
    small = np.asarray(wide.resize((size, size), Image.Resampling.BOX, box=box))
    visible = small[..., 3] > 3
    if not visible.any():
        return Sprite(np.zeros((1, 1, 4), np.uint8), 0, 0)
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share = None
    if coat is not None:
        wide = coat.crop((-margin, -margin, coat.width + margin, coat.height + margin))
        share = np.asarray(wide.resize((size, size), Image.Resampling.BOX, box=box))[window]
    crop = np.ascontiguousarray(small[window])
    return Sprite(crop, int(columns[0]) - column, int(rows[0]) - row, share)
