"""Says what a rendered world lacks for the full world's scenes.

python -m training.world.full.check_render --render DIR
"""

import argparse
import sys
from pathlib import Path

from training.world.atlas import World, load_world
from training.world.full.catalog import SUBJECTS, actions_of, places_of
from training.world.full.places import PLACES

# Clips that an action cannot do without; who lacks `walk` or `run` hops, and rests in `still`.
_CLIPS: dict[str, tuple[str, ...]] = {
    "walk": ("walk",),
    "run": ("run",),
    "walk_toward": ("walk",),
    "walk_stop": ("walk", "idle"),
    "jump": ("jump",),
    "eat": ("eat",),
    "drink": ("eat", "walk"),
    "attack": ("attack", "idle"),
    "sit": ("sit",),
    "cheer": ("cheer",),
    "drink_mug": ("drink_mug",),
    "lie_down": ("lie",),
    "wave": ("wave",),
    "dance": ("dance",),
    "clap": ("clap",),
    "fall_over": ("fall",),
    "pick_up": ("pickup",),
    "throw": ("throw",),
    "kick": ("kick",),
}


def lacking(world: World) -> list[str]:
    """A line for every subject, clip, coat and plate that scenes need and the render lacks."""
    lines = []
    for name, subject in SUBJECTS.items():
        if name not in world.clips:
            lines.append(f"subject {name}")
            continue
        needed = {clip for action in actions_of(name) for clip in _CLIPS.get(action, ())}
        lines += [f"clip {clip} of {name}" for clip in sorted(needed - set(world.clips[name]))]
        if subject.recolours and name not in world.coats:
            lines.append(f"coat of {name}")
    return lines + _lacking_plates(world)


def _lacking_plates(world: World) -> list[str]:
    lines = [f"place {name}" for name in PLACES if name not in world.plates]
    for action, test, what in (
        ("hide", lambda plate: plate.hide_x is not None, "foreground to hide behind"),
        ("drink", lambda plate: plate.edge is not None, "water to drink"),
        ("sail", lambda plate: plate.water_row is not None, "row of the water's surface"),
    ):
        doers = [name for name in SUBJECTS if action in actions_of(name)]
        for place in sorted({p for name in doers for p in places_of(name, action)}):
            if not any(test(plate) for plate in world.plates.get(place, [])):
                lines.append(f"{what} in {place}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--render", type=Path, help="folder or pack; default: the data folder's")
    lines = lacking(load_world(folder=parser.parse_args().render))
    if lines:
        sys.exit("\n".join(["the render lacks:", *lines]))
    print(f"everything is there for {len(SUBJECTS)} subjects in {len(PLACES)} places")


if __name__ == "__main__":
    main()
