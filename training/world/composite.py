"""Draws a scene's frames: plate, soft contact shadow, tinted sprite. numpy only."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from training.world.atlas import SCENE_PIXELS, Clip, Sprite, World, load_world
from training.world.motion import Pose, pose_at
from training.world.scene import Scene

# Light of a place on the subject (red, green, blue).
_TINTS: dict[str, tuple[float, float, float]] = {
    "forest": (0.94, 1.0, 0.94),
    "autumn": (1.0, 0.96, 0.9),
    "desert": (1.0, 0.98, 0.92),
    "snow": (0.96, 0.98, 1.0),
    "night": (0.78, 0.84, 1.0),
    "underwater": (0.84, 0.96, 1.0),
}
_SHADOW_STRENGTH = 0.38
_SHADOW_HEIGHT = 9
# A jumper's shadow shrinks to this share at this height, and moves away from the light.
_SHADOW_SHARE, _SHADOW_LIFT, _SHADOW_SHIFT = 0.6, 16, 0.35


def render(
    scene: Scene, times: Sequence[float], world: World | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Frames uint8 (n, P, P, 3) at times in seconds, and the subject's mask bool (n, P, P)."""
    world = world or load_world()
    plate = world.plate(scene.place, scene.layout)
    clips = world.clips[scene.subject]
    frames = np.repeat(plate.image[None], len(times), axis=0)
    masks = np.zeros(frames.shape[:3], dtype=bool)
    tint = _TINTS.get(scene.place)
    for frame, mask, time in zip(frames, masks, times, strict=True):
        pose = pose_at(scene, time, clips, plate)
        clip = clips[pose.clip]
        sprite = clip.pose(pose.phase, pose.yaw, pose.scale)
        if pose.clip == "swim":
            _draw(frame, mask, _side(sprite, pose), pose, world.pixels, tint, _middle(clip))
        else:
            _draw_shadow(frame, sprite, pose, world.pixels)
            _draw(frame, mask, _side(sprite, pose), pose, world.pixels, tint)
    return frames, masks


def _side(sprite: Sprite, pose: Pose) -> Sprite:
    return sprite.mirrored if pose.mirrored else sprite


@lru_cache(maxsize=64)
def _middle_of(top: int, bottom: int) -> int:
    return (top + bottom) // 2


def _middle(clip: Clip) -> int:
    """Row of a swimmer's middle relative to its anchor, the same for all phases."""
    first = clip.poses[(clip.yaws[0], 1.0)][0]
    return _middle_of(first.top, first.top + first.rgba.shape[0])


def _to_pixels(length: float, pixels: int) -> int:
    return round(length * pixels / SCENE_PIXELS)


def _draw(
    frame: np.ndarray,
    mask: np.ndarray,
    sprite: Sprite,
    pose: Pose,
    pixels: int,
    tint: tuple[float, float, float] | None,
    middle: int = 0,
) -> None:
    """Blend the sprite into the frame and note where it is more than half opaque."""
    height, width = sprite.rgba.shape[:2]
    left = _to_pixels(pose.x, pixels) + sprite.left
    top = _to_pixels(pose.foot_row - pose.lift, pixels) + sprite.top - middle
    x0, x1, y0, y1 = max(left, 0), min(left + width, pixels), max(top, 0), min(top + height, pixels)
    if x0 >= x1 or y0 >= y1:
        return
    source = sprite.rgba[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    colour, alpha = source[..., :3], source[..., 3:]
    if tint is not None:
        colour = colour * np.asarray(tint, np.float32)
    below = frame[y0:y1, x0:x1]
    frame[y0:y1, x0:x1] = colour + below * (1 - alpha / 255) + 0.5
    mask[y0:y1, x0:x1] = alpha[..., 0] > 127


@lru_cache(maxsize=512)
def _shadow(width: int, height: int) -> np.ndarray:
    """Multiplier float32 (height, width, 1) of a soft ellipse."""
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = (np.arange(width) + 0.5) / width * 2 - 1
    distance = np.sqrt(y[:, None] ** 2 + x[None] ** 2)
    soft = np.clip((1 - distance) / 0.55, 0, 1)
    return (1 - _SHADOW_STRENGTH * soft * soft * (3 - 2 * soft))[..., None].astype(np.float32)


def _draw_shadow(frame: np.ndarray, sprite: Sprite, pose: Pose, pixels: int) -> None:
    """Darken the ground below the subject; a jump's own arc is in the sprite."""
    height, width = sprite.rgba.shape[:2]
    own_lift = max(0, -(sprite.top + height)) * SCENE_PIXELS / pixels
    lift = min(_SHADOW_LIFT, pose.lift + own_lift)
    share = 1 - (1 - _SHADOW_SHARE) * lift / _SHADOW_LIFT
    # Widths in steps of 4 pixels, so that the shadow does not flicker with the legs.
    wide = max(4, 4 * round(width * share * 0.95 / 4))
    high = max(3, _to_pixels(_SHADOW_HEIGHT * share * pose.scale, pixels))
    centre = sprite.left + width / 2
    centre = -centre if pose.mirrored else centre
    shift = _to_pixels(_SHADOW_SHIFT * lift, pixels)
    left = _to_pixels(pose.x, pixels) + round(centre - wide / 2) + shift
    top = _to_pixels(pose.foot_row, pixels) - high // 2 - 1
    x0, x1, y0, y1 = max(left, 0), min(left + wide, pixels), max(top, 0), min(top + high, pixels)
    if x0 >= x1 or y0 >= y1:
        return
    darken = _shadow(wide, high)[y0 - top : y1 - top, x0 - left : x1 - left]
    frame[y0:y1, x0:x1] = frame[y0:y1, x0:x1] * darken + 0.5
