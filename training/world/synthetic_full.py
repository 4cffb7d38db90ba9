"""Coloured shapes for the full world in the renderer's file format, for tests.

Every subject is one picture in two phases that all of its clips share.
"""

import colorsys
import json
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw

from training.world.atlas import World, load_world
from training.world.full.catalog import SUBJECTS
from training.world.full.places import PLACES
from training.world.full.subject import Subject
from training.world.synthetic import (
    ANCHOR,
    CELL,
    FOOT_ROW,
    temporary_render,
    write_synthetic_render,
)

_LAYOUTS = 2
_FRAMES = 2
_LIMBS = (
    "idle", "walk", "run", "jump", "eat", "attack", "lie", "fall", "sit", "cheer", "wave", "dance",
    "clap", "pickup", "drink_mug", "kick", "throw",
)  # fmt: skip
_KIND_CLIPS: dict[str, tuple[str, ...]] = {
    "animal": _LIMBS[:8],
    "person": _LIMBS,
    "dinosaur": ("idle", "walk", "run", "jump", "attack", "fall"),
    "critter": ("idle", "walk", "run", "jump", "attack", "fall"),
    "fish": ("idle", "swim"),
    "car": ("idle", "drive"),
    "boat": ("idle", "sail"),
    "flyer": ("idle", "fly"),
}
_LOOPS = frozenset(
    {"idle", "walk", "run", "swim", "drive", "sail", "fly", "dance", "clap", "cheer"}
)
_SMALL = frozenset({"ball", "thing", "plant", "critter"})
_COAT_LUMINANCE = 0.5


def write_synthetic_full(folder: Path) -> None:
    """Write the `cpu` subset's shapes and those of everything else of the full world."""
    write_synthetic_render(folder)
    atlas = json.loads((folder / "atlas.json").read_text())
    for index, (name, subject) in enumerate(SUBJECTS.items()):
        entry = _subject_entry(folder, name, subject, index / len(SUBJECTS))
        known = atlas["subjects"].get(name, {"clips": {}})
        entry["clips"] |= known["clips"]
        atlas["subjects"][name] = entry
    (folder / "atlas.json").write_text(json.dumps(atlas))
    plates = json.loads((folder / "plates.json").read_text())
    for index, place in enumerate(PLACES):
        known = plates["places"].get(place, {"layouts": []})["layouts"]
        made = _plates(folder, place, index / len(PLACES))
        plates["places"][place] = {"layouts": [*known, *made]}
    (folder / "plates.json").write_text(json.dumps(plates))


def synthetic_full_world(pixels: int) -> World:
    """The full world in coloured shapes, drawn in a temporary folder."""
    return load_world(pixels, _full_folder())


@lru_cache(maxsize=1)
def _full_folder() -> Path:
    return temporary_render(write_synthetic_full)


def _subject_entry(folder: Path, name: str, subject: Subject, hue: float) -> dict:
    sheet = Image.new("RGBA", (CELL * _FRAMES, CELL * 2))
    coat = Image.new("L", sheet.size)
    red, green, blue = (round(255 * v) for v in colorsys.hsv_to_rgb(hue, 0.6, 0.8))
    small = subject.kind in _SMALL
    half, top = (22, 44) if small else (24, 100) if subject.kind == "person" else (46, 66)
    for frame in range(_FRAMES):
        for row in range(2):
            x, y = frame * CELL + ANCHOR[0], row * CELL + ANCHOR[1]
            box = (x - half, y - top + 4 * frame, x + half, y - 1)
            ImageDraw.Draw(sheet).ellipse(box, fill=(red, green, blue, 255))
            head = (x + half - 16, y - top + 4, x + half + 4, y - top + 24)
            ImageDraw.Draw(sheet).ellipse(head, fill="black")
            ImageDraw.Draw(coat).ellipse(box, fill=255)
            ImageDraw.Draw(coat).ellipse(head, fill=0)
    file = f"{name}/all.png"
    (folder / name).mkdir(parents=True, exist_ok=True)
    sheet.save(folder / file)
    clip = {"file": file, "frames": _FRAMES, "seconds": 1.0, "yaws": ["right", "front"]}
    entry: dict = {"kind": subject.kind}
    if subject.recolours:
        coat.save(folder / f"{name}/all.mask.png")
        clip["mask"] = f"{name}/all.mask.png"
        entry["recolour"] = {"baseLuminance": _COAT_LUMINANCE, "colour": subject.colour}
    names = _KIND_CLIPS.get(subject.kind, ("still",))
    entry["clips"] = {clip_name: {**clip, "loop": clip_name in _LOOPS} for clip_name in names}
    return entry


def _plates(folder: Path, place: str, hue: float) -> list[dict]:
    """Sky and ground, a bush to hide behind in the second layout, water where there are boats."""
    (folder / place).mkdir(parents=True, exist_ok=True)
    layouts = []
    for index in range(_LAYOUTS):
        colours = [
            tuple(round(255 * v) for v in colorsys.hsv_to_rgb((hue + turn) % 1, 0.5, value))
            for turn, value in ((0.5, 1.0), (0.0, 0.6))
        ]
        image = Image.new("RGB", (CELL, CELL), colours[0])
        ImageDraw.Draw(image).rectangle((0, 100, CELL, CELL), fill=colours[1])
        layout: dict = {"file": f"{place}/full{index}.png", "footRow": FOOT_ROW}
        image.save(folder / layout["file"])
        if "water" in PLACES[place].grounds:
            layout["waterRow"] = 60
        elif index == 1:
            front = Image.new("RGBA", (CELL, CELL))
            ImageDraw.Draw(front).ellipse((100, 80, 220, 200), fill=(20, 90, 30, 255))
            front.save(folder / f"{place}/front.png")
            layout |= {"front": f"{place}/front.png", "frontRow": 88, "hide": {"x": 84}}
        layouts.append(layout)
    return layouts
