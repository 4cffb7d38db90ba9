"""What the full world's motion tells the compositor: who is drawn where, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from training.world.atlas import Clip, Plate, World
from training.world.full.catalog import SUBJECTS
from training.world.motion import GRID, Pose, snap
from training.world.scene_graph import Scene
from training.world.sprites import SCENE_PIXELS

_SIZES = {"ball": 1.4, "thing": 1.4}
_LARGE = frozenset({"house", "castle", "tent", "balloon"})


@dataclass(frozen=True)
class Actor:
    """One sprite of a moment: the subject, the second subject or a thing."""

    name: str  # of World.clips
    pose: Pose
    # Whether it is what the caption is about; its pixels are the mask.
    is_subject: bool = False
    # Coat colour; None = as rendered.
    colour: str | None = None
    opacity: float = 1.0
    # Hangs at its middle (fish, flyers) instead of standing on its feet, without a shadow.
    floats: bool = False
    # Scene row of the water's surface that it is partly under; None = dry.
    water_row: int | None = None
    # Degrees that the sprite is turned counterclockwise about its middle.
    tilt: float = 0.0


@dataclass(frozen=True)
class Stage:
    """Where a scene is played: the rendered world, the plate, the subject's clips."""

    scene: Scene
    world: World
    plate: Plate

    @property
    def clips(self) -> Mapping[str, Clip]:
        """Clips of the scene's subject."""
        return clips_of(self.world, self.scene.subject)

    @property
    def side(self) -> int:
        """1 when the subject faces right, -1 when it faces left."""
        return -1 if self.scene.direction == "left" else 1

    @property
    def size(self) -> float:
        """Small things are drawn larger where they are what the clip is about."""
        name = self.scene.subject
        return 1.0 if name in _LARGE else _SIZES.get(SUBJECTS[name].kind, 1.0)

    @property
    def rest_x(self) -> int:
        """Column of a subject that stays; the middle where the camera moves."""
        if self.scene.camera != "still":
            return SCENE_PIXELS // 2
        return 40 + GRID * (self.scene.seed % 5)

    def subject(self, pose: Pose, **more: object) -> Actor:
        """The scene's subject in a pose; clips that it lacks become its resting clip."""
        pose = replace(pose, scale=pose.scale * self.size)
        known = pose if pose.clip in self.clips else replace(pose, clip=resting_clip(self.clips))
        return Actor(self.scene.subject, known, True, self.scene.colour, **more)

    def standing(self, clip: str, phase: float, x: int | None = None, yaw: str = "right") -> Pose:
        """A pose on the ground line; the front view is never mirrored."""
        faces_left = self.side < 0 and yaw == "right"
        column = self.rest_x if x is None else x
        return Pose(clip, phase, yaw, faces_left, column, self.plate.pass_row, 0)

    def idle(self, time: float, x: int | None = None, yaw: str = "right") -> Pose:
        """Standing still, breathing."""
        clip = resting_clip(self.clips)
        return self.standing(clip, time / self.clips[clip].seconds, x, yaw)

    def crossing_x(self, moved: float, length: float) -> int:
        """Column after `moved` of `length` pixels in the subject's direction."""
        starts = max(1, min(4, int((SCENE_PIXELS - length) / (2 * GRID)) + 1))
        x = snap(self.scene.seed % starts * 2 * GRID + moved)
        return SCENE_PIXELS - x if self.side < 0 else x


def clips_of(world: World, name: str) -> Mapping[str, Clip]:
    """A subject's clips; ValueError when it is not in the rendered world."""
    if name not in world.clips:
        raise ValueError(f"{world.source} has no sprites of {name}: render the world anew")
    return world.clips[name]


def resting_clip(clips: Mapping[str, Clip]) -> str:
    """The clip of a subject that does nothing."""
    return "idle" if "idle" in clips else "still"
