"""The words of the full world's actions in both languages.

"{dir}" stands where a direction may be named, "{other}" for the second subject, "{prop}" for the
thing. The first phrase is the plain one.
"""

from training.world.full.actions import ACTIONS
from training.world.phrases import SUBJECT_VERBS, VERBS, Verb

_NEW_VERBS: dict[str, Verb] = {
    "drink_mug": Verb(
        (
            ("drinks from a mug", "drinking from a mug"),
            ("lifts a mug and drinks", "lifting a mug and drinking"),
        ),
        (("用杯子喝水", True), ("举起杯子喝水", True), ("端着杯子喝水", True)),
    ),
    "lie_down": Verb(
        (("lies down", "lying down"), ("lies down to rest", "lying down to rest")),
        (("躺下", False), ("躺下来", False), ("躺下休息", True)),
    ),
    "wave": Verb(
        (
            ("waves", "waving"),
            ("waves hello", "waving hello"),
            ("raises a hand and waves", "raising a hand and waving"),
        ),
        (("挥手", True), ("招手", True), ("举起手挥动", True)),
    ),
    "dance": Verb(
        (("dances", "dancing"), ("dances happily", "dancing happily")),
        (("跳舞", True), ("高兴地跳舞", True)),
    ),
    "clap": Verb(
        (("claps", "clapping"), ("claps hands", "clapping hands"), ("applauds", "applauding")),
        (("拍手", True), ("鼓掌", True)),
    ),
    "fall_over": Verb(
        (
            ("falls over", "falling over"),
            ("falls down", "falling down"),
            ("collapses", "collapsing"),
        ),
        (("倒下", False), ("摔倒", False), ("倒在地上", False)),
    ),
    "fly": Verb(
        (
            ("flies {dir}", "flying {dir}"),
            ("flies through the air {dir}", "flying through the air {dir}"),
        ),
        (("{dir}飞", True), ("{dir}飞行", True), ("{dir}飞过", False)),
    ),
    "take_off": Verb(
        (
            ("takes off", "taking off"),
            ("takes off from the ground", "taking off from the ground"),
            ("rises into the air", "rising into the air"),
        ),
        (("起飞", True), ("从地面起飞", False), ("升空", False)),
    ),
    "leap_water": Verb(
        (
            ("leaps out of the water", "leaping out of the water"),
            ("jumps out of the water and dives back", "jumping out of the water and diving back"),
        ),
        (("跃出水面", False), ("跳出水面又落回水中", False)),
    ),
    "sail": Verb(
        (("sails {dir}", "sailing {dir}"), ("floats {dir}", "floating {dir}")),
        (("{dir}航行", True), ("{dir}行驶", True), ("{dir}漂", True)),
    ),
    "chase": Verb(
        (
            ("chases {other} {dir}", "chasing {other} {dir}"),
            ("runs after {other} {dir}", "running after {other} {dir}"),
        ),
        (("{dir}追{other}", True), ("{dir}追赶{other}", True)),
    ),
    "follow": Verb(
        (
            ("follows {other} {dir}", "following {other} {dir}"),
            ("walks behind {other} {dir}", "walking behind {other} {dir}"),
        ),
        (("跟着{other}{dir}走", True), ("跟在{other}后面{dir}走", True)),
    ),
    "meet": Verb(
        (("meets {other}", "meeting {other}"), ("walks up to {other}", "walking up to {other}")),
        (("和{other}见面", False), ("遇见{other}", False), ("与{other}相遇", False)),
    ),
    "pick_up": Verb(
        (
            ("picks up {prop}", "picking up {prop}"),
            ("bends down and picks up {prop}", "bending down and picking up {prop}"),
        ),
        (("捡起{prop}", False), ("弯腰捡起{prop}", False)),
    ),
    "throw": Verb(
        (("throws {prop} {dir}", "throwing {prop} {dir}"),),
        (("扔出{prop}", False), ("把{prop}扔出去", False), ("{dir}扔{prop}", True)),
    ),
    "kick": Verb(
        (("kicks {prop} {dir}", "kicking {prop} {dir}"),),
        (("踢{prop}", True), ("把{prop}踢出去", False), ("{dir}踢{prop}", True)),
    ),
    "grow": Verb(
        (
            ("grows bigger", "growing bigger"),
            ("gets bigger", "getting bigger"),
            ("grows", "growing"),
        ),
        (("变大", False), ("慢慢变大", False), ("越来越大", False)),
    ),
    "shrink": Verb(
        (("shrinks", "shrinking"), ("gets smaller", "getting smaller")),
        (("变小", False), ("慢慢变小", False), ("越来越小", False)),
    ),
    "appear": Verb(
        (("appears", "appearing"), ("appears out of nowhere", "appearing out of nowhere")),
        (("出现", False), ("突然出现", False)),
    ),
    "disappear": Verb(
        (("disappears", "disappearing"), ("fades away", "fading away"), ("vanishes", "vanishing")),
        (("消失", False), ("慢慢消失", False), ("逐渐消失", False)),
    ),
    "hide": Verb(
        (
            ("hides", "hiding"),
            ("walks away and hides", "walking away and hiding"),
            ("goes into hiding", "going into hiding"),
        ),
        (("躲起来", False), ("藏起来", False), ("走过去藏起来", False)),
    ),
    "hop": Verb(
        (("hops {dir}", "hopping {dir}"), ("hops along {dir}", "hopping along {dir}")),
        (("{dir}蹦跳", True), ("{dir}一蹦一跳", False), ("蹦蹦跳跳{dir}走", False)),
    ),
    "roll": Verb(
        (("rolls {dir}", "rolling {dir}"), ("rolls along {dir}", "rolling along {dir}")),
        (("{dir}滚动", True), ("{dir}滚", True)),
    ),
    "bounce": Verb(
        (("bounces", "bouncing"), ("bounces up and down", "bouncing up and down")),
        (("弹跳", True), ("上下弹跳", True)),
    ),
}
FULL_VERBS: dict[str, Verb] = {
    name: _NEW_VERBS[name] if name in _NEW_VERBS else VERBS[name] for name in ACTIONS
}
# People here punch or kick, and who cannot run leaps from the spot.
FULL_VERBS["jump"] = Verb(
    (("jumps", "jumping"), ("leaps", "leaping"), ("jumps up", "jumping up")),
    (("跳起来", False), ("跳跃", True), ("跳", True)),
)
FULL_VERBS["drink"] = Verb(VERBS["drink"].en[:1] + VERBS["drink"].en[2:], VERBS["drink"].zh)

_CAR_CHASE = Verb(
    (
        ("drives after {other} {dir}", "driving after {other} {dir}"),
        ("chases {other} {dir}", "chasing {other} {dir}"),
    ),
    (("{dir}追{other}", True), ("{dir}追赶{other}", True)),
)
# Phrases true of one subject only. Those of `OWN_ONLY` replace the action's own.
FULL_SUBJECT_VERBS: dict[tuple[str, str], Verb] = {
    **SUBJECT_VERBS,
    ("barbarian", "attack"): SUBJECT_VERBS[("knight", "attack")],
    ("rogue", "attack"): SUBJECT_VERBS[("knight", "attack")],
    ("man", "attack"): Verb((("punches", "punching"),), (("挥拳", True), ("出拳", True))),
    ("woman", "attack"): Verb((("punches", "punching"),), (("挥拳", True), ("出拳", True))),
    ("robot", "attack"): Verb((("punches", "punching"),), (("挥拳", True), ("出拳", True))),
    ("white_horse", "run"): SUBJECT_VERBS[("horse", "run")],
    ("cop", "chase"): _CAR_CHASE,
    ("cop", "follow"): Verb(
        (
            ("follows {other} {dir}", "following {other} {dir}"),
            ("drives behind {other} {dir}", "driving behind {other} {dir}"),
        ),
        (("{dir}跟着{other}", True), ("跟在{other}后面{dir}开", True)),
    ),
}
OWN_ONLY = frozenset({("cop", "chase"), ("cop", "follow")})
# Plants grow out of the ground; nothing else does.
_PLANT_GROWS = Verb(
    (("grows", "growing"), ("grows tall", "growing tall"), ("grows bigger", "growing bigger")),
    (("长大", False), ("慢慢长大", False), ("长高", False)),
)


_HOPPER_HIDES = Verb(
    (("hides", "hiding"), ("hops away and hides", "hopping away and hiding")),
    (("躲起来", False), ("藏起来", False)),
)


def verb_of(subject: str, kind: str, action: str) -> Verb:
    """The phrases that are true of a subject of a kind doing the action."""
    if kind == "plant" and action == "grow":
        return _PLANT_GROWS
    if kind == "creature" and action == "hide":
        return _HOPPER_HIDES
    own = FULL_SUBJECT_VERBS.get((subject, action))
    general = FULL_VERBS[action]
    if own is None:
        return general
    if (subject, action) in OWN_ONLY:
        return own
    return Verb(general.en + own.en, general.zh + own.zh)


def all_verbs() -> list[Verb]:
    """Every verb that a caption may hold."""
    return [*FULL_VERBS.values(), *FULL_SUBJECT_VERBS.values(), _PLANT_GROWS, _HOPPER_HIDES]
