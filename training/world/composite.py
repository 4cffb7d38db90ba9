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
    clips, plate = world.clips[scene.subject], world.plate(scene.place, scene.layout)
    return _draw(scene, [pose_at(scene, time, clips, plate) for time in times], world)


def render_medley(
    scene: Scene, times: Sequence[float], moments: Sequence[Moment], world: World
) -> tuple[np.ndarray, np.ndarray]:
    """As `render` in the `cpu` subset, but every frame shows the pose of its moment: where the
    clip's own subject is at its time, or, if that faces the viewer, where the moment has it."""
    clips, plate = world.clips[scene.subject], world.plate(scene.place, scene.layout)
    poses = []
    for time, moment in zip(times, moments, strict=True):
        own = pose_at(scene, time, clips, plate)
        pose = pose_at(moment.scene, moment.time, clips, plate)
        if scene.direction != "toward":
            pose = replace(own, clip=pose.clip, phase=pose.phase, lift=pose.lift)
        poses.append(pose)
    return _draw(scene, poses, world)


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
