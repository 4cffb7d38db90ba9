"""Reads the renderer's sprites and plates and scales them to the final picture size."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from training.world.paths import render_folder
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

    @cached_property
    def mirrored(self) -> "Sprite":
        """The same pose seen from the other side."""
        width = self.rgba.shape[1]
        return Sprite(np.ascontiguousarray(self.rgba[:, ::-1]), -(self.left + width), self.top)


@dataclass(frozen=True)
class Clip:
    """All phases of one animation. Key of `poses`: (yaw, scale)."""

    seconds: float
    loop: bool
    yaws: tuple[str, ...]
    poses: dict[tuple[str, float], list[Sprite]]
    # Picture size that the sprites are scaled for.
    pixels: int

    def pose(self, phase: float, yaw: str, scale: float = 1.0) -> Sprite:
        """Sprite at phase 0..1; beyond it loops wrap around and one-shot clips hold."""
        row = self.poses[(yaw if yaw in self.yaws else self.yaws[0], scale)]
        frames = len(row)
        index = int(phase * frames + 1e-6)
        return row[index % frames if self.loop else min(index, frames - 1)]

    @cached_property
    def lifts(self) -> list[float]:
        """Scene pixels between the ground and the lowest visible pixel, per phase."""
        return [
            max(0, -(sprite.top + sprite.rgba.shape[0])) * SCENE_PIXELS / self.pixels
            for sprite in self.poses[(self.yaws[0], 1.0)]
        ]


@dataclass(frozen=True)
class Plate:
    """One background with its ground line, in scene pixels."""

    image: np.ndarray  # uint8 (P, P, 3)
    foot_row: int
    # Ground line of everybody but the drinker: in front of the water.
    pass_row: int
    # Column of the water's edge at the foot line, and the side the drinker faces; None = dry.
    edge: int | None
    facing: str | None


@dataclass(frozen=True)
class World:
    """Everything that `render` draws from."""

    pixels: int
    clips: dict[str, dict[str, Clip]]  # subject -> clip name -> clip
    plates: dict[str, list[Plate]]

    def plate(self, place: str, layout: int) -> Plate:
        """A place's plate; layouts beyond the rendered ones wrap around."""
        plates = self.plates[place]
        return plates[layout % len(plates)]


def load_world(pixels: int = SCENE_PIXELS, folder: Path | None = None) -> World:
    """Read the renderer's output from `folder` (default: training/data/render), once per size.

    `folder` may also be a file of training.world.pack, and the default is training/data/render.pack
    where that exists and the folder does not.

    Raises FileNotFoundError when nothing has been rendered.
    """
    return _load(pixels, (folder or render_folder()).resolve())


@lru_cache(maxsize=4)
def _load(pixels: int, folder: Path) -> World:
    files = RenderFiles(folder)
    for name in ("atlas.json", "plates.json"):
        if not files.has(name):
            raise FileNotFoundError(
                f"{folder / name} is missing: render the toy world first, or write coloured shapes "
                f"with 'python -m training.world.synthetic --out {folder}'"
            )
    atlas, plates = files.json("atlas.json"), files.json("plates.json")
    clips = {
        subject: {
            name: _read_clip(files, atlas, name, clip, pixels)
            for name, clip in entry["clips"].items()
        }
        for subject, entry in atlas["subjects"].items()
    }
    places = {
        place: [_read_plate(files, layout, pixels) for layout in entry["layouts"]]
        for place, entry in plates["places"].items()
    }
    return World(pixels, clips, places)


def _read_clip(files: RenderFiles, atlas: dict, name: str, clip: dict, pixels: int) -> Clip:
    cell, anchor, frames = atlas["cell"], atlas["anchor"], clip["frames"]
    # "RGBa" is premultiplied: transparent pixels must not darken the averages.
    sheet = files.image(clip["file"]).convert("RGBA").convert("RGBa")
    expected = (cell * frames, cell * len(clip["yaws"]))
    if sheet.size != expected:
        raise ValueError(f"{clip['file']} is {sheet.size}, atlas.json says {expected}")
    poses: dict[tuple[str, float], list[Sprite]] = {}
    for row, yaw in enumerate(clip["yaws"]):
        corners = [(i * cell, row * cell) for i in range(frames)]
        cells = [sheet.crop((x, y, x + cell, y + cell)) for x, y in corners]
        scales = (1.0, *TOWARD_SCALES) if name == "walk" and yaw == "front" else (1.0,)
        for scale in scales:
            shrink = pixels / cell * scale
            poses[(yaw, scale)] = [_sprite(image, anchor, shrink) for image in cells]
    return Clip(clip["seconds"], clip["loop"], tuple(clip["yaws"]), poses, pixels)


def _sprite(image: Image.Image, anchor: list[int], shrink: float) -> Sprite:
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
    crop = small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Sprite(np.ascontiguousarray(crop), int(columns[0]) - column, int(rows[0]) - row)


def _read_plate(files: RenderFiles, layout: dict, pixels: int) -> Plate:
    image = files.image(layout["file"]).convert("RGB")
    small = np.array(image.resize((pixels, pixels), Image.Resampling.BOX))
    drink = layout.get("drink") or {}
    foot_row = layout["footRow"]
    pass_row = 8 * round(layout.get("passRow", foot_row) / 8)
    return Plate(small, foot_row, pass_row, drink.get("x"), drink.get("facing"))
