"""Reads the renderer's atlas and plates: everything that `render` draws from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from training.world.paths import render_folder
from training.world.render_files import RenderFiles
from training.world.sprites import (
    SCENE_PIXELS,
    TOWARD_SCALES,
    Clip,
    ClipFile,
    Sprite,
    SubjectClips,
)

__all__ = [
    "SCENE_PIXELS",
    "TOWARD_SCALES",
    "Clip",
    "Coat",
    "Plate",
    "Sprite",
    "World",
    "load_world",
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
    # Foreground, premultiplied uint8 (P, P, 4), before everybody who stands above `front_row`.
    front: np.ndarray | None = None
    front_row: int = SCENE_PIXELS
    # Column behind whose foreground a subject can hide; None = nowhere.
    hide_x: int | None = None
    # Row of the water's surface for boats; None = no open water.
    water_row: int | None = None


@dataclass(frozen=True)
class Coat:
    """What a subject's recolouring starts from."""

    luminance: float  # of the coat as rendered, 0..1
    colour: str  # its name


@dataclass(frozen=True)
class World:
    """Everything that `render` draws from."""

    pixels: int
    clips: Mapping[str, Mapping[str, Clip]]  # subject -> clip name -> clip
    plates: dict[str, list[Plate]]
    coats: dict[str, Coat] = field(default_factory=dict)
    # Where it was read from, for reading it again in another size.
    source: Path | None = None

    def plate(self, place: str, layout: int) -> Plate:
        """A place's plate; layouts beyond the rendered ones wrap around."""
        plates = self.plates[place]
        return plates[layout % len(plates)]


def load_world(pixels: int = SCENE_PIXELS, folder: Path | None = None) -> World:
    """Read the renderer's output from `folder` (default: training/data/render), once per size.

    `folder` may also be a file of training.world.pack, and the default is training/data/render.pack
    where that exists and the folder does not. Sprites are read when they are first drawn.

    Raises FileNotFoundError when nothing has been rendered.
    """
    return _load(pixels, (folder or render_folder()).resolve())


@lru_cache(maxsize=8)
def _load(pixels: int, folder: Path) -> World:
    files = RenderFiles(folder)
    for name in ("atlas.json", "plates.json"):
        if not files.has(name):
            raise FileNotFoundError(
                f"{folder / name} is missing: render the toy world first, or write coloured shapes "
                f"with 'python -m training.world.synthetic --out {folder}'"
            )
    atlas, plates = files.json("atlas.json"), files.json("plates.json")
    clips = {}
    for subject, entry in atlas["subjects"].items():
        clip_files = {
            name: ClipFile(folder, name, clip, atlas["cell"], tuple(atlas["anchor"]), pixels)
            for name, clip in entry["clips"].items()
        }
        for clip_file in clip_files.values():
            clip_file.check(files)
        clips[subject] = SubjectClips(clip_files)
    places = {
        place: [_read_plate(files, layout, pixels) for layout in entry["layouts"]]
        for place, entry in plates["places"].items()
    }
    coats = {
        subject: Coat(entry["recolour"]["baseLuminance"], entry["recolour"]["colour"])
        for subject, entry in atlas["subjects"].items()
        if "recolour" in entry
    }
    return World(pixels, clips, places, coats, folder)


def _read_plate(files: RenderFiles, layout: dict, pixels: int) -> Plate:
    image = files.image(layout["file"]).convert("RGB")
    small = np.array(image.resize((pixels, pixels), Image.Resampling.BOX))
    drink = layout.get("drink") or {}
    foot_row = layout["footRow"]
    pass_row = 8 * round(layout.get("passRow", foot_row) / 8)
    front = None
    if layout.get("front"):
        picture = files.image(layout["front"]).convert("RGBA").convert("RGBa")
        front = np.array(picture.resize((pixels, pixels), Image.Resampling.BOX))
    return Plate(
        small,
        foot_row,
        pass_row,
        drink.get("x"),
        drink.get("facing"),
        front=front,
        front_row=layout.get("frontRow", SCENE_PIXELS),
        hide_x=(layout.get("hide") or {}).get("x"),
        water_row=layout.get("waterRow"),
    )
