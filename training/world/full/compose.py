"""Draws scenes of the full world: lit plate, actors, foreground, camera, weather."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from training.world.atlas import Plate, World, load_world
from training.world.drawing import draw_shadow, middle, seen_from, to_pixels
from training.world.full.actor import Actor, Stage, clips_of
from training.world.full.camera import film, stage_pixels
from training.world.full.light import lit_plate, recoloured, subject_light
from training.world.full.motion import actors_at
from training.world.full.weather import draw_splash, draw_weather
from training.world.scene import stages
from training.world.scene_graph import Scene

# Share of a sprite that shows through the water.
_UNDER_WATER = 0.22
_SPLASH_SECONDS = 0.7
# Below this opacity somebody who fades has no shadow.
_SHADOW_OPACITY = 0.6


def render_full(
    scene: Scene, times: Sequence[float], world: World
) -> tuple[np.ndarray, np.ndarray]:
    """Frames uint8 (n, P, P, 3) at times in seconds, and the subject's mask bool (n, P, P)."""
    pixels = world.pixels
    source = _source_of(world)
    large = load_world(stage_pixels(pixels, scene.camera), source)
    place, index = plate_of(scene, large)
    stage = Stage(scene, large, large.plates[place][index])
    plate, front = lit_plate(large.pixels, source, place, index, scene.time, scene.weather)
    # Foregrounds are wide; whoever does not hide would be half covered.
    front = front if scene.action == "hide" else None
    frames = np.empty((len(times), pixels, pixels, 3), np.uint8)
    masks = np.empty((len(times), pixels, pixels), bool)
    for i, time in enumerate(times):
        picture, mask = plate.copy(), np.zeros(plate.shape[:2], bool)
        _draw_actors(picture, mask, stage, front, time)
        frames[i], masks[i] = film(picture, mask, scene.camera, time, pixels)
        draw_weather(frames[i], scene.weather, scene.seed, time)
    return frames, masks


def _source_of(world: World) -> Path:
    if world.source is None:
        raise ValueError("the full world is drawn from a rendered folder: use load_world")
    return world.source


def plate_of(scene: Scene, world: World) -> tuple[str, int]:
    """Place and index of the scene's plate: one that has what the action needs."""
    at_night = scene.place == "meadow" and scene.time == "night"
    for place in ("night", "meadow") if at_night else (scene.place,):
        plates = world.plates.get(place, [])
        fitting = [i for i, plate in enumerate(plates) if _fits(scene.action, plate)]
        if fitting:
            return place, fitting[scene.layout % len(fitting)]
    if scene.place not in world.plates:
        raise ValueError(f"{world.source} has no plates of {scene.place}: render the world anew")
    raise ValueError(
        f"no plate of {scene.place} is made for the action {scene.action}: "
        "render with more layouts (--layouts 8)"
    )


def _fits(action: str, plate: Plate) -> bool:
    if action == "hide":
        return plate.hide_x is not None and plate.front is not None
    if action == "drink":
        return plate.edge is not None
    return True


def _draw_actors(
    picture: np.ndarray, mask: np.ndarray, stage: Stage, front: np.ndarray | None, time: float
) -> None:
    """Everybody from back to front; the foreground before those who stand behind it."""
    plate, drawn = stage.plate, front is None
    for actor in actors_at(stage, time):
        if not drawn and actor.pose.foot_row >= plate.front_row:
            _draw_front(picture, mask, front)
            drawn = True
        _draw_actor(picture, mask, stage, actor)
    if not drawn:
        _draw_front(picture, mask, front)
    if stage.scene.action == "leap_water":
        _draw_splashes(picture, stage, time)


def _draw_front(picture: np.ndarray, mask: np.ndarray, front: np.ndarray | None) -> None:
    if front is None:
        return
    picture[:] = front[..., :3] + picture * (1 - front[..., 3:] / 255) + 0.5
    mask &= front[..., 3] < 128


def _draw_actor(picture: np.ndarray, mask: np.ndarray, stage: Stage, actor: Actor) -> None:
    world, pose = stage.world, actor.pose
    clip = clips_of(world, actor.name)[pose.clip]
    sprite = clip.pose(pose.phase, pose.yaw, pose.scale)
    casts_shadow = not actor.floats and actor.water_row is None and actor.opacity > _SHADOW_OPACITY
    if casts_shadow:
        draw_shadow(picture, sprite, pose, world.pixels)
    rgba = sprite.rgba.astype(np.float32)
    if actor.colour and sprite.coat is not None and actor.name in world.coats:
        rgba = recoloured(rgba, sprite.coat, actor.colour, world.coats[actor.name].luminance)
    if pose.mirrored:
        rgba = rgba[:, ::-1]
    side = seen_from(sprite, pose)
    left = to_pixels(pose.x, world.pixels) + side.left
    top = to_pixels(pose.foot_row - pose.lift, world.pixels) + side.top
    if actor.floats:
        top -= middle(clip)
    if actor.tilt:
        rgba, left, top = _turned(rgba, left, top, actor.tilt)
    rgba = rgba * (actor.opacity * _dryness(actor, len(rgba), top, world.pixels))
    _blend(picture, mask, _lit_sprite(rgba, stage.scene), left, top, actor.is_subject)


def _lit_sprite(rgba: np.ndarray, scene: Scene) -> np.ndarray:
    tint, glow, share = subject_light(scene.place, scene.time, scene.weather)
    alpha = rgba[..., 3:]
    colour = np.minimum(rgba[..., :3] * tint, alpha) * (1 - share) + glow * share * alpha / 255
    return np.concatenate((colour, alpha), -1)


def _dryness(actor: Actor, height: int, top: int, pixels: int) -> np.ndarray | float:
    """Opacity (height, 1, 1) of a sprite's rows: little of what is under water is seen."""
    if actor.water_row is None:
        return 1.0
    depth = np.arange(top, top + height) - to_pixels(actor.water_row, pixels)
    return np.where(depth < 0, 1.0, _UNDER_WATER).astype(np.float32)[:, None, None]


def _turned(rgba: np.ndarray, left: int, top: int, degrees: float) -> tuple[np.ndarray, int, int]:
    """A sprite turned counterclockwise about its middle, and its new corner."""
    # CMYK is four plain channels for the image library: nothing is divided by alpha.
    image = Image.fromarray(rgba.round().astype(np.uint8), "CMYK")
    turned = image.rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    left += (image.width - turned.width) // 2
    top += (image.height - turned.height) // 2
    return np.asarray(turned).astype(np.float32), left, top


def _blend(
    picture: np.ndarray, mask: np.ndarray, rgba: np.ndarray, left: int, top: int, is_subject: bool
) -> None:
    """Blend a premultiplied sprite into the picture; others take pixels off the subject's mask."""
    (height, width), side = rgba.shape[:2], len(picture)
    x0, x1, y0, y1 = max(left, 0), min(left + width, side), max(top, 0), min(top + height, side)
    if x0 >= x1 or y0 >= y1:
        return
    source = rgba[y0 - top : y1 - top, x0 - left : x1 - left]
    window = np.s_[y0:y1, x0:x1]
    picture[window] = source[..., :3] + picture[window] * (1 - source[..., 3:] / 255) + 0.5
    opaque = source[..., 3] > 127
    mask[window] = (mask[window] | opaque) if is_subject else (mask[window] & ~opaque)


def _draw_splashes(picture: np.ndarray, stage: Stage, time: float) -> None:
    """Spray where the subject leaves the water and where it dives in again."""
    for moment in stages(stage.scene)[1][1:]:
        actor = actors_at(stage, moment)[0]
        age = (time - moment) / _SPLASH_SECONDS
        column = to_pixels(actor.pose.x, len(picture))
        row = to_pixels(actor.water_row or 0, len(picture))
        draw_splash(picture, column, row, age, stage.scene.seed)
