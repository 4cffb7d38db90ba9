"""Graph nodes that find the longest normalisation rule at every place of a text at once."""

from training.export.graph_builder import GraphBuilder
from training.text.charsmap import Charsmap
from training.text.code_point_graph import ABSENT, utf8_bytes

_NO_BYTE = 0xFF  # a byte that UTF-8 does not have


def longest_rules(
    g: GraphBuilder, code_points: str, is_valid: str, charsmap: Charsmap
) -> tuple[str, str]:
    """Number int32 [n] of the replacement of the longest key that begins at each code point, 0
    where none does, and that key's code points, less one, int32 [n]."""
    # No key holds what stands in for code points without UTF-8 form and outside the text.
    safe = g.node("Where", is_valid, code_points, g.number(0, "int32"))
    first, *others = utf8_bytes(g, safe)
    first = g.node("Where", is_valid, first, g.number(_NO_BYTE, "int32"))
    state = g.number(charsmap.start, "int32")
    number = longer = g.number(0, "int32")
    for step in range(charsmap.longest_key):
        columns = [_shifted(g, first, step, _NO_BYTE)]
        columns += [_shifted(g, other, step, ABSENT) for other in others]
        state, rule = _read_character(g, state, columns, charsmap)
        found = g.node("Not", g.node("Equal", rule, g.number(0, "int32")))
        number = g.node("Where", found, rule, number)
        longer = g.node("Where", found, g.number(step, "int32"), longer)
    return number, longer


def _shifted(g: GraphBuilder, values: str, steps: int, outside: int) -> str:
    """The values `steps` places further right."""
    if steps == 0:
        return values
    padded = g.node("Concat", values, g.constant([outside] * steps, "int32"), axis=0)
    return g.slice(padded, steps, 1 << 31, 0)


def _read_character(
    g: GraphBuilder, state: str, columns: list[str], charsmap: Charsmap
) -> tuple[str, str]:
    """State int32 [n] behind a character's bytes, and the rule of the key that ends there."""
    rule = ""
    for place, byte in enumerate(columns):
        present = g.node("GreaterOrEqual", byte, g.number(0, "int32"))
        unit = g.node("BitwiseXor", state, g.node("Max", byte, g.number(0, "int32")))
        label = g.node("Gather", g.constant(charsmap.label), unit)
        follows = g.node("Equal", label, byte)
        next_state = g.node("Gather", g.constant(charsmap.follow), unit)
        next_state = g.node("Where", follows, next_state, g.number(charsmap.dead, "int32"))
        next_rule = g.node("Gather", g.constant(charsmap.rule), unit)
        next_rule = g.node("Where", follows, next_rule, g.number(0, "int32"))
        # The first byte is always there.
        state = g.node("Where", present, next_state, state) if place else next_state
        rule = g.node("Where", present, next_rule, rule) if place else next_rule
    return state, rule
