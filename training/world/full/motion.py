"""From scene and time to everybody who is in the picture, from back to front."""

from training.world.full import pairs, solo, things, water_and_air
from training.world.full.actor import Actor, Stage

_ACTS: dict[str, solo.Act] = {
    **dict.fromkeys(
        (
            "walk",
            "run",
            "walk_toward",
            "walk_stop",
            "eat",
            "drink",
            "attack",
            "sit",
            "cheer",
            "drive",
            "park",
        ),
        solo.like_today,
    ),
    "stand": solo.stand,
    "jump": solo.jump,
    "drink_mug": solo.drink_mug,
    "lie_down": solo.one_shot("lie", "lie_down"),
    "fall_over": solo.one_shot("fall", "fall"),
    "wave": solo.one_shot("wave", "wave", "front"),
    "dance": solo.loop("dance"),
    "clap": solo.loop("clap"),
    "grow": solo.grow,
    "shrink": solo.grow,
    "appear": solo.appear,
    "disappear": solo.disappear,
    "hide": solo.hide,
    "hop": solo.hop,
    "fly": water_and_air.fly,
    "take_off": water_and_air.take_off,
    "leap_water": water_and_air.leap_water,
    "swim": water_and_air.swim,
    "sail": water_and_air.sail,
    "chase": pairs.chase,
    "follow": pairs.chase,
    "meet": pairs.meet,
    "pick_up": things.pick_up,
    "throw": things.throw,
    "kick": things.kick,
    "roll": things.roll,
    "bounce": things.bounce,
}


def actors_at(stage: Stage, time: float) -> list[Actor]:
    """Everybody at a time in seconds, those who stand farther away first."""
    actors = _ACTS[stage.scene.action](stage, time)
    return sorted(actors, key=lambda actor: actor.pose.foot_row)
