"""The places of the full world: their words, and what they are good for."""

from typing import NamedTuple

_OUTDOORS = ("day", "dawn", "sunset", "night")
_RAIN = ("clear", "rain", "fog")
_ALL_WEATHERS = ("clear", "rain", "snowfall", "fog")


class Place(NamedTuple):
    """One place."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    # What can be there: "land", "road" (also for vehicles), "water" (its surface), "deep" (under
    # it), "air".
    grounds: frozenset[str]
    times: tuple[str, ...] = _OUTDOORS
    weathers: tuple[str, ...] = _ALL_WEATHERS


def _place(
    english: str,
    chinese: str,
    grounds: str,
    times: tuple[str, ...] = _OUTDOORS,
    weathers: tuple[str, ...] = _ALL_WEATHERS,
) -> Place:
    phrases = tuple(english.split("/")), tuple(chinese.split("/"))
    return Place(*phrases, frozenset(grounds.split()), times, weathers)


PLACES: dict[str, Place] = {
    "meadow": _place("on the grass/in the meadow", "在草地上/在草坪上", "land air"),
    "forest": _place("in the forest/in the woods", "在森林里/在树林里", "land"),
    "autumn": _place(
        "in the autumn forest/among autumn trees", "在秋天的树林里/在秋天的森林里", "land"
    ),
    "desert": _place(
        "in the desert/in a hot desert",
        "在沙漠里/在沙漠中",
        "land road air",
        weathers=("clear", "fog"),
    ),
    "snow": _place(
        "in the snow/on the snow",
        "在雪地里/在雪地上",
        "land road air",
        weathers=("clear", "snowfall", "fog"),
    ),
    "street": _place("on the street/on a city street", "在街道上/在马路上", "land road"),
    "lake": _place("at the lake/by the lake/beside the lake", "在湖边/在湖旁", "land air"),
    "underwater": _place(
        "under water/in the sea/under the sea", "在水下/在海里/在海底", "deep", ("day",), ("clear",)
    ),
    "savanna": _place(
        "on the savanna/in the savanna", "在草原上/在大草原上", "land road air", weathers=_RAIN
    ),
    "beach": _place("on the beach/at the seaside", "在海滩上/在沙滩上", "land air", weathers=_RAIN),
    "sea": _place("on the sea/on the open sea", "在海面上/在大海上", "water air", weathers=_RAIN),
    "village": _place("in the village/in a small village", "在村庄里/在村子里", "land road"),
    "farm": _place("on the farm/at the farm", "在农场上/在农场里", "land road air"),
    "mountain": _place("in the mountains/in the mountain valley", "在山里/在山谷里", "land air"),
    "road": _place("on the road/on a country road", "在公路上/在乡间公路上", "land road"),
    "park": _place("in the park/in a city park", "在公园里", "land air"),
    "river": _place("at the river/by the river", "在河边/在河岸上", "land air"),
    "sky": _place("in the sky/high in the sky", "在天空中/在空中", "air", weathers=("clear",)),
    "room": _place("in a room/in the house", "在房间里/在屋里", "land", ("day",), ("clear",)),
    "moon": _place("on the moon", "在月球上/在月亮上", "land", ("day",), ("clear",)),
}

# Where something flies; the sky needs no other words.
OVER_PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "meadow": (("over the grass", "above the meadow"), ("在草地上空", "在草坪上空")),
    "desert": (("over the desert",), ("在沙漠上空",)),
    "snow": (("over the snow",), ("在雪地上空",)),
    "lake": (("over the lake",), ("在湖面上空",)),
    "savanna": (("over the savanna",), ("在草原上空",)),
    "beach": (("over the beach",), ("在海滩上空",)),
    "sea": (("over the sea",), ("在海面上空", "在大海上空")),
    "farm": (("over the farm",), ("在农场上空",)),
    "mountain": (("over the mountains",), ("在群山上空",)),
    "park": (("over the park",), ("在公园上空",)),
    "river": (("over the river",), ("在河面上空",)),
}


def place_phrases(place: str, action: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """English and Chinese phrases that say where an action happens, the plain one first."""
    if action == "fly" and place in OVER_PHRASES:
        return OVER_PHRASES[place]
    return PLACES[place].en, PLACES[place].zh


# The ground that the subjects of a kind need; actions may need another one.
KIND_GROUND = {
    "animal": "land",
    "person": "land",
    "dinosaur": "land",
    "critter": "land",
    "fish": "deep",
    "car": "road",
    "boat": "water",
    "flyer": "air",
    "creature": "land",
    "swimmer": "deep",
    "waterbird": "water",
    "wings": "air",
    "wheels": "road",
    "ball": "land",
    "thing": "land",
    "plant": "land",
}
ACTION_GROUND = {"leap_water": "water"}
# Places where an action can happen, whoever does it.
ACTION_PLACES = {
    "drink": ("lake",),
    "hide": ("meadow", "forest", "autumn", "snow", "desert", "savanna", "mountain"),
    "take_off": (
        "meadow",
        "desert",
        "snow",
        "savanna",
        "beach",
        "farm",
        "mountain",
        "park",
    ),
}
# Kinds that would be odd or too large in a place.
PLACES_WITHOUT: dict[str, tuple[str, ...]] = {
    "room": ("animal", "dinosaur", "plant"),
    "moon": ("animal", "plant", "critter", "creature"),
    "street": ("plant",),
    "road": ("plant",),
}
