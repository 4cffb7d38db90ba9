"""Draws a scene's frames: plate, soft contact shadow, tinted sprite. numpy only."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.world.atlas import World, load_world
from training.world.drawing import draw_shadow, draw_sprite, middle, seen_from
from training.world.full.compose import render_full
from training.world.medley import Moment
from training.world.motion import Pose, pose_at
from training.world.scene_graph import Scene
from training.world.spots import rise_of

# Light of a place on the subject (red, green, blue).
_TINTS: dict[str, tuple[float, float, float]] = {
    "forest": (0.94, 1.0, 0.94),
    "autumn": (1.0, 0.96, 0.9),
    "desert": (1.0, 0.98, 0.92),
    "snow": (0.96, 0.98, 1.0),
    "night": (0.78, 0.84, 1.0),
    "underwater": (0.84, 0.96, 1.0),
}


def render(
    scene: Scene, times: Sequence[float], world: World | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Frames uint8 (n, P, P, 3) at times in seconds, and the subject's mask bool (n, P, P)."""
    world = world or load_world()
    if scene.world == "full":
        return render_full(scene, times, world)
    return _draw(scene, poses_of(scene, times, world), world)


def poses_of(scene: Scene, times: Sequence[float], world: World) -> list[Pose]:
    """What `render` draws at every time in the `cpu` subset."""
    clips, plate = world.clips[scene.subject], world.plate(scene.place, scene.layout)
    return [pose_at(scene, time, clips, plate) for time in times]


def render_medley(
    scene: Scene, times: Sequence[float], moments: Sequence[Moment], world: World
) -> tuple[np.ndarray, np.ndarray]:
    """As `render` in the `cpu` subset, but every frame shows the pose of its moment: where the
    clip's own subject is at its time, or, if that faces the viewer, where the moment has it."""
    return _draw(scene, medley_poses(scene, times, moments, world), world)


def medley_poses(
    scene: Scene, times: Sequence[float], moments: Sequence[Moment], world: World
) -> list[Pose]:
    """What `render_medley` draws at every time."""
    poses = []
    for time, own, moment in zip(times, poses_of(scene, times, world), moments, strict=True):
        if moment == Moment(scene, time):
            poses.append(own)
            continue
        (pose,) = poses_of(moment.scene, [moment.time], world)
        if scene.direction != "toward":
            pose = replace(own, clip=pose.clip, phase=pose.phase, lift=pose.lift)
        if moment.height is not None:
            rise = rise_of(pose, world.clips[scene.subject])
            pose = replace(pose, lift=round(moment.height - rise))
        poses.append(pose if moment.x is None else replace(pose, x=moment.x))
    return poses


def _draw(scene: Scene, poses: Sequence[Pose], world: World) -> tuple[np.ndarray, np.ndarray]:
    clips = world.clips[scene.subject]
    plate = world.plate(scene.place, scene.layout)
    frames = np.repeat(plate.image[None], len(poses), axis=0)
    masks = np.zeros(frames.shape[:3], dtype=bool)
    tint = _TINTS.get(scene.place)
    for frame, mask, pose in zip(frames, masks, poses, strict=True):
        clip = clips[pose.clip]
        sprite = clip.pose(pose.phase, pose.yaw, pose.scale)
        if pose.clip == "swim":
            draw_sprite(
                frame, mask, seen_from(sprite, pose), pose, world.pixels, tint, middle(clip)
            )
        else:
            draw_shadow(frame, sprite, pose, world.pixels)
            draw_sprite(frame, mask, seen_from(sprite, pose), pose, world.pixels, tint)
    return frames, masks
