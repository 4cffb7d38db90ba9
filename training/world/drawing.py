"""Draws one sprite and its shadow into a frame. numpy only."""

from functools import lru_cache

import numpy as np

from training.world.motion import Pose
from training.world.sprites import SCENE_PIXELS, Clip, Sprite

_SHADOW_STRENGTH = 0.38
_SHADOW_HEIGHT = 9
# A jumper's shadow shrinks to this share at this height, and moves away from the light.
_SHADOW_SHARE, _SHADOW_LIFT, _SHADOW_SHIFT = 0.6, 16, 0.35


def seen_from(sprite: Sprite, pose: Pose) -> Sprite:
    """The sprite or its mirror image, as the pose faces."""
    return sprite.mirrored if pose.mirrored else sprite


@lru_cache(maxsize=64)
def _middle_of(top: int, bottom: int) -> int:
    return (top + bottom) // 2


def middle(clip: Clip) -> int:
    """Row of a swimmer's middle relative to its anchor, the same for all phases."""
    first = clip.poses[(clip.yaws[0], 1.0)][0]
    return _middle_of(first.top, first.top + first.rgba.shape[0])


def to_pixels(length: float, pixels: int) -> int:
    """Scene pixels as whole pixels of a picture."""
    return round(length * pixels / SCENE_PIXELS)


def draw_sprite(
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
    left = to_pixels(pose.x, pixels) + sprite.left
    top = to_pixels(pose.foot_row - pose.lift, pixels) + sprite.top - middle
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


def draw_shadow(frame: np.ndarray, sprite: Sprite, pose: Pose, pixels: int) -> None:
    """Darken the ground below the subject; a jump's own arc is in the sprite."""
    width = sprite.rgba.shape[1]
    own_lift = sprite.rise * SCENE_PIXELS / pixels
    lift = min(_SHADOW_LIFT, pose.lift + own_lift)
    share = 1 - (1 - _SHADOW_SHARE) * lift / _SHADOW_LIFT
    # Widths in steps of 4 pixels, so that the shadow does not flicker with the legs.
    wide = max(4, 4 * round(width * share * 0.95 / 4))
    high = max(3, to_pixels(_SHADOW_HEIGHT * share * pose.scale, pixels))
    centre = sprite.left + width / 2
    centre = -centre if pose.mirrored else centre
    shift = to_pixels(_SHADOW_SHIFT * lift, pixels)
    left = to_pixels(pose.x, pixels) + round(centre - wide / 2) + shift
    top = to_pixels(pose.foot_row, pixels) - high // 2 - 1
    x0, x1, y0, y1 = max(left, 0), min(left + wide, pixels), max(top, 0), min(top + high, pixels)
    if x0 >= x1 or y0 >= y1:
        return
    darken = _shadow(wide, high)[y0 - top : y1 - top, x0 - left : x1 - left]
    frame[y0:y1, x0:x1] = frame[y0:y1, x0:x1] * darken + 0.5
