"""Lists what the full world knows, each with a prompt in either language."""

from collections.abc import Callable
from dataclasses import replace

from training.world.captions.full import plain_caption
from training.world.full.actions import PROPS
from training.world.full.catalog import SUBJECTS, actions_of, colours_of, others_of, places_of
from training.world.full.places import PLACES
from training.world.full.settings import CAMERAS, COLOURS, TIMES, WEATHERS, Words
from training.world.full.split import is_held_out
from training.world.full.verbs import FULL_VERBS
from training.world.scene_graph import Scene
from training.world.subsets import Subset

Entry = dict[str, str]


def full_lists(subset: Subset) -> tuple[list[Entry], ...]:
    """Subjects, actions, places, colours, times, weathers and cameras of the full world."""
    subjects = [
        _entry(name, entry.noun.en[0], entry.noun.zh[0][1], _scene(number, subject=name))
        for number, (name, entry) in enumerate(SUBJECTS.items())
    ]
    actions = [
        _entry(name, *_plain_verb(name), _scene(number, action=name))
        for number, name in enumerate(subset.actions)
    ]
    places = [
        _entry(name, place.en[0], place.zh[0], _scene(number, place=name))
        for number, (name, place) in enumerate(PLACES.items())
    ]
    colours = [
        _entry(name, colour.en, colour.zh, _coloured(number, name))
        for number, (name, colour) in enumerate(COLOURS.items())
    ]
    times = _settings(TIMES, lambda scene, name: replace(scene, time=name), "day")
    weathers = _settings(WEATHERS, lambda scene, name: replace(scene, weather=name))
    cameras = _settings(CAMERAS, lambda scene, name: replace(scene, camera=name))
    return subjects, actions, places, colours, times, weathers, cameras


def _entry(name: str, english: str, chinese: str, scene: Scene) -> Entry:
    return {
        "id": name,
        "en": english,
        "zh": chinese,
        "exampleEn": plain_caption(scene, "en"),
        "exampleZh": plain_caption(scene, "zh"),
    }


def _scene(number: int, **wanted: str) -> Scene:
    """A trained scene with the wanted subject, action or place; numbers vary the rest."""
    fitting = [
        (subject, action, place)
        for subject in SUBJECTS
        if wanted.get("subject", subject) == subject
        for action in actions_of(subject)
        if wanted.get("action", action) == action
        for place in places_of(subject, action)
        if wanted.get("place", place) == place and not is_held_out(subject, action, place)
    ]
    subject, action, place = fitting[number * 7 % len(fitting)]
    direction = "toward" if action == "walk_toward" else ("left", "right")[number % 2]
    others, props = others_of(subject, action), PROPS.get(action, ())
    return Scene(
        subject,
        action,
        place,
        0,
        direction,
        1.0,
        0,
        world="full",
        other=others[number % len(others)] if others else None,
        prop=props[number % len(props)] if props else None,
    )


def _coloured(number: int, colour: str) -> Scene:
    """A trained scene with a subject in a colour that is not its own."""
    names = [
        name
        for name in SUBJECTS
        if colour in colours_of(name) and not is_held_out(name, "stand", "meadow", colour)
    ]
    return replace(_scene(number, subject=names[number * 5 % len(names)]), colour=colour)


def _settings(
    group: dict[str, Words], change: Callable[[Scene, str], Scene], *plain: str
) -> list[Entry]:
    """What is told of a setting; what has no words (clear, still) is not listed."""
    scene = _scene(0, subject="lion", action="stand", place="meadow")
    return [
        _entry(name, words.en[0], words.zh[0], change(scene, name))
        for name, words in group.items()
        if words.en and name not in plain
    ]


def _plain_verb(name: str) -> tuple[str, str]:
    """The action's words without its slots."""
    english, chinese = FULL_VERBS[name].en[0][0], FULL_VERBS[name].zh[0][0]
    for slot, words in (
        ("dir", ("", "")),
        ("other", ("somebody", "别人")),
        ("prop", ("a ball", "球")),
    ):
        english = english.replace(f"{{{slot}}}", words[0])
        chinese = chinese.replace(f"{{{slot}}}", words[1])
    return " ".join(english.split()), chinese
