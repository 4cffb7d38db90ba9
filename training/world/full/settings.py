"""Words of colours, times of day, weathers, camera moves and directions in both languages."""

from typing import NamedTuple


class Words(NamedTuple):
    """Phrases that mean the same; the first one is the plain one."""

    en: tuple[str, ...]
    zh: tuple[str, ...]


class Colour(NamedTuple):
    """A coat colour."""

    en: str
    zh: str
    rgb: tuple[int, int, int]


COLOURS: dict[str, Colour] = {
    "red": Colour("red", "红色", (222, 40, 44)),
    "orange": Colour("orange", "橙色", (248, 132, 24)),
    "yellow": Colour("yellow", "黄色", (250, 212, 40)),
    "green": Colour("green", "绿色", (52, 168, 60)),
    "blue": Colour("blue", "蓝色", (44, 104, 232)),
    "purple": Colour("purple", "紫色", (140, 62, 200)),
    "pink": Colour("pink", "粉色", (250, 136, 188)),
    "brown": Colour("brown", "棕色", (134, 80, 44)),
    "black": Colour("black", "黑色", (56, 56, 64)),
    "white": Colour("white", "白色", (246, 246, 246)),
    "gray": Colour("gray", "灰色", (146, 150, 158)),
}

TIMES: dict[str, Words] = {
    "day": Words(("during the day", "in daylight"), ("白天", "大白天")),
    "dawn": Words(("at dawn", "early in the morning"), ("黎明", "清晨")),
    "sunset": Words(("at sunset", "in the evening"), ("日落时", "傍晚", "黄昏")),
    "night": Words(("at night", "in the dark of night"), ("夜晚", "晚上", "夜里")),
}
WEATHERS: dict[str, Words] = {
    "clear": Words((), ()),
    "rain": Words(("in the rain", "while it is raining"), ("下着雨", "天在下雨")),
    "snowfall": Words(("while it is snowing", "in falling snow"), ("下着雪", "雪花飘落")),
    "fog": Words(("in the fog", "in thick fog"), ("有雾", "大雾弥漫")),
}
CAMERAS: dict[str, Words] = {
    "still": Words((), ()),
    "pan_left": Words(
        ("the camera pans left", "the camera moves left"), ("镜头向左移动", "镜头左移")
    ),
    "pan_right": Words(
        ("the camera pans right", "the camera moves right"), ("镜头向右移动", "镜头右移")
    ),
    "zoom_in": Words(
        ("the camera zooms in", "the camera slowly zooms in"), ("镜头推近", "镜头慢慢推近")
    ),
    "zoom_out": Words(
        ("the camera zooms out", "the camera slowly zooms out"), ("镜头拉远", "镜头慢慢拉远")
    ),
}
