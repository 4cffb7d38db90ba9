"""Lists what a subset of the world knows, for model cards and help texts."""

from training.world import phrases
from training.world.captions import cpu
from training.world.captions.known_full import full_lists
from training.world.scene_graph import Scene
from training.world.split import combinations
from training.world.subsets import CPU, FULL, Subset, subset_named

Entry = dict[str, str]
# Columns of the lists, also where a subset has nothing to say.
GROUPS = ("subjects", "actions", "places", "colours", "times", "weathers", "cameras")


def known_things(subset: str = "cpu") -> dict[str, list[Entry]]:
    """Everything that prompts may name, by group (`GROUPS`).

    An entry has `id`, its plain words `en` and `zh`, and a prompt that uses them in each
    language: `exampleEn`, `exampleZh`. All examples are trained combinations.
    """
    chosen = subset_named(subset)
    return dict(zip(GROUPS, _LISTS[chosen.name](chosen), strict=True))


def _entry(name: str, words: tuple[str, str], scene: Scene) -> Entry:
    return {
        "id": name,
        "en": words[0],
        "zh": words[1],
        "exampleEn": cpu.plain_caption(scene, "en"),
        "exampleZh": cpu.plain_caption(scene, "zh"),
    }


def _trained(number: int, **wanted: str) -> Scene:
    """A trained scene with the wanted subject, action or place; numbers vary the rest."""
    keys = ("subject", "action", "place")
    fitting = [
        c for c in combinations(False) if wanted.items() <= dict(zip(keys, c, strict=True)).items()
    ]
    subject, action, place = fitting[number * 7 % len(fitting)]
    direction = "toward" if action == "walk_toward" else ("left", "right")[number % 2]
    return Scene(subject, action, place, 0, direction, 1.0, 0)


def _cpu_lists(subset: Subset) -> tuple[list[Entry], ...]:
    """The groups of the `cpu` subset; its place `night` is told as a time."""
    subjects = [
        _entry(name, (noun.en[0], noun.zh[0][1]), _trained(number, subject=name))
        for number, (name, noun) in enumerate(phrases.NOUNS.items())
    ]
    actions = [
        _entry(name, _plain_verb(phrases.VERBS[name]), _trained(number, action=name))
        for number, name in enumerate(subset.actions)
    ]
    places = {name: (words[0][0], words[1][0]) for name, words in phrases.PLACE_PHRASES.items()}
    told = {
        name: _entry(name, words, _trained(number, place=name))
        for number, (name, words) in enumerate(places.items())
    }
    night = told.pop("night")
    return subjects, actions, list(told.values()), _cpu_colours(subset), [night], [], []


def _plain_verb(verb: phrases.Verb) -> tuple[str, str]:
    english, chinese = verb.en[0][0], verb.zh[0][0]
    return english.replace(" {dir}", ""), chinese.replace("{dir}", "")


# Chinese word of each colour and trained prompts about the subject that always wears it.
_COLOURS = {
    "red": ("红色", "A red car drives on the street.", "红色汽车在街道上行驶。"),
    "orange": ("橙色", "An orange fox runs on the grass.", "橙色狐狸在草地上跑。"),
    "yellow": ("黄色", "A yellow taxi drives in the snow.", "黄色出租车在雪地里行驶。"),
    "green": ("绿色", "A green dinosaur walks in the desert.", "绿色恐龙在沙漠里走。"),
    "blue": ("蓝色", "A blue dinosaur runs in the forest.", "蓝色恐龙在森林里跑。"),
    "brown": ("棕色", "A brown horse jumps on the grass.", "棕色的马在草地上跳起来。"),
}


def _cpu_colours(subset: Subset) -> list[Entry]:
    """Colours are not free in this subset: each belongs to one subject."""
    keys = ("id", "en", "zh", "exampleEn", "exampleZh")
    return [dict(zip(keys, (c, c, *_COLOURS[c]), strict=True)) for c in subset.colours]


_LISTS = {CPU.name: _cpu_lists, FULL.name: full_lists}
