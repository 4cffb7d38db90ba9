"""What the page calls the stages of storyboards."""

from __future__ import annotations

from training.transformer.config import TransformerConfig
from training.world.visible_stages import stages_of

_NAMES = {
    "appear": ("appears", "出现"),
    "approach": ("comes", "走近"),
    "attack": ("attacks", "攻击"),
    "bend": ("bends down", "弯腰"),
    "bounce": ("bounces", "弹跳"),
    "brake": ("brakes", "刹车"),
    "chase": ("chases", "追赶"),
    "cheer": ("cheers", "欢呼"),
    "clap": ("claps", "鼓掌"),
    "climb": ("climbs", "爬升"),
    "dance": ("dances", "跳舞"),
    "drink": ("drinks", "喝水"),
    "drive": ("drives", "行驶"),
    "eat": ("eats", "吃"),
    "empty": ("nothing there", "空无一物"),
    "face": ("face each other", "面对面"),
    "fade": ("fades", "渐渐消失"),
    "fall": ("falls", "倒下"),
    "flight": ("it flies off", "飞出"),
    "fly": ("flies", "飞"),
    "follow": ("follows", "跟随"),
    "ground": ("on the ground", "在地面"),
    "grow": ("grows", "变大"),
    "hidden": ("is hidden", "藏起来"),
    "hold": ("holds", "拿着"),
    "hop": ("hops", "蹦跳"),
    "kick": ("kicks", "踢"),
    "land": ("lands", "落地"),
    "leap": ("leaps", "跃起"),
    "lie": ("lies", "躺着"),
    "lie_down": ("lies down", "躺下"),
    "lift": ("goes up", "升起"),
    "lower": ("bends down", "低头"),
    "parked": ("stands still", "停住"),
    "raise": ("looks up", "抬头"),
    "rest": ("comes to rest", "静止"),
    "rise": ("straightens up", "起身"),
    "roll": ("rolls", "滚动"),
    "run": ("runs", "跑"),
    "run_up": ("runs up", "助跑"),
    "sail": ("sails", "漂"),
    "shrink": ("shrinks", "变小"),
    "sit": ("sits", "坐着"),
    "sit_down": ("sits down", "坐下"),
    "splash": ("splashes", "溅起水花"),
    "stand": ("stands", "站立"),
    "stay": ("stays", "停留"),
    "swim": ("swims", "游"),
    "under": ("under water", "水下"),
    "walk": ("walks", "走"),
    "walk_toward": ("comes closer", "走来"),
    "wave": ("waves", "挥手"),
    "windup": ("winds up", "蓄力"),
}
_NAMES_OF = {
    # Drinking is told as eating (training.world.visible_stages).
    "cpu": {"eat": ("head low", "低着头")},
    # A mug goes down as well, not only a head.
    "full": {"lower": ("goes down", "放低"), "raise": ("comes up", "抬起")},
}


def stage_entries(config: TransformerConfig, subset: str) -> list[dict[str, int | str]]:
    """The manifest's `storyboard.stages`: the first id that opens a frame of each stage, and its
    names. ValueError names a stage that has none here."""
    names = stages_of(subset)
    told = {**_NAMES, **_NAMES_OF.get(subset, {})}
    if missing := [name for name in names if name not in told]:
        raise ValueError(f"stages without a name for the page: {', '.join(missing)}")
    first, each = config.first_stage_id, config.spots
    return [
        {"id": first + index * each, "en": told[name][0], "zh": told[name][1]}
        for index, name in enumerate(names)
    ]
