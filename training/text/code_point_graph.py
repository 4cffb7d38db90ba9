"""Graph nodes over Unicode code points, int32 [n]: their UTF-8 bytes and look-ups by code point."""

from collections.abc import Mapping

import numpy as np

from training.export.graph_builder import GraphBuilder

LAST_CODE_POINT = 0x10FFFF
ABSENT = -1  # place of a byte that a code point does not have
_PAGE = 256  # code points per page of a look-up
_TAIL = 64  # values of a byte that is not the first


def valid(g: GraphBuilder, code_points: str) -> str:
    """bool [n]: whether UTF-8 can hold them; half pairs and numbers outside Unicode are none."""
    inside = _between(g, code_points, 0, LAST_CODE_POINT)
    return g.node("And", inside, g.node("Not", _between(g, code_points, 0xD800, 0xDFFF)))


def _between(g: GraphBuilder, code_points: str, first: int, last: int) -> str:
    low, high = g.number(first, "int32"), g.number(last, "int32")
    return g.node("Equal", g.node("Clip", code_points, low, high), code_points)


def utf8_bytes(g: GraphBuilder, code_points: str) -> list[str]:
    """First to fourth byte of valid code points, int32 [n] each; ABSENT behind the last."""

    def number(value: int) -> str:
        return g.number(value, "int32")

    def lead(mark: int, shift: int) -> str:
        return g.node("Add", g.node("Div", code_points, number(_TAIL**shift)), number(mark))

    def tail(shift: int) -> str:
        rest = g.node("Div", code_points, number(_TAIL**shift))
        return g.node("Add", g.node("Mod", rest, number(_TAIL)), number(0x80))

    one, two, three = (
        g.node("Less", code_points, number(limit)) for limit in (0x80, 0x800, 0x10000)
    )

    def by_length(*values: str) -> str:
        return g.node(
            "Where",
            one,
            values[0],
            g.node("Where", two, values[1], g.node("Where", three, values[2], values[3])),
        )

    none = number(ABSENT)
    return [
        by_length(code_points, lead(0xC0, 1), lead(0xE0, 2), lead(0xF0, 3)),
        by_length(none, tail(0), tail(1), tail(2)),
        by_length(none, none, tail(0), tail(1)),
        by_length(none, none, none, tail(0)),
    ]


def look_up(g: GraphBuilder, code_points: str, numbers: Mapping[str, int]) -> str:
    """int32 [n]: the number of each code point's character, below 65536, 0 where it has none."""
    bounded = g.node("Clip", code_points, g.number(0, "int32"), g.number(LAST_CODE_POINT, "int32"))
    inside = g.node("Equal", bounded, code_points)
    pages, entries = _pages(numbers)
    page = g.node("Gather", g.constant(pages), g.node("Div", bounded, g.number(_PAGE, "int32")))
    place = g.node(
        "Add",
        g.node("Mul", page, g.number(_PAGE, "int32")),
        g.node("Mod", bounded, g.number(_PAGE, "int32")),
    )
    found = g.node("Gather", g.constant(entries), place)
    return g.node("Where", inside, found, g.number(0, "int32"))


def _pages(numbers: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """int32 [code point // 256], and int32 [page * 256 + rest]; page 0 holds only zeros."""
    pages = np.zeros(LAST_CODE_POINT // _PAGE + 1, np.int32)
    entries = [np.zeros(_PAGE, np.int32)]
    for character, number in sorted(numbers.items()):
        page, rest = divmod(ord(character), _PAGE)
        if pages[page] == 0:
            pages[page] = len(entries)
            entries.append(np.zeros(_PAGE, np.int32))
        entries[pages[page]][rest] = number
    return pages, np.concatenate(entries)
