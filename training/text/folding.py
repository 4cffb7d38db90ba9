"""Which code points a tokenizer treats as which characters, as a table.

A folding maps one character to the string that replaces it: "" deletes it, a space separates
words. Characters without an entry stay. The table is stored with the tokenizer, so that results
depend on no Unicode library at run time; the ONNX graph holds the same table.
"""

import sys
import unicodedata
from collections.abc import Callable, Collection

# NFKC leaves these alone; one form is enough for captions in both languages.
_PUNCTUATION = {
    "。": ".", "、": ",", "·": " ", "・": " ", "〜": "~", "～": "~",
    "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"', "《": '"', "》": '"',
    "‘": "'", "’": "'", "【": "[", "】": "]", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip


def fold_character(character: str) -> str:
    """One character's folded form: full width to ASCII, lower case, plain punctuation, spaces."""
    if character in _PUNCTUATION:
        return _PUNCTUATION[character]
    if character.isspace():
        return " "
    # Invisible marks (controls, joiners, variation selectors) would split words.
    if unicodedata.category(character) in ("Cc", "Cf") or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    folded = unicodedata.normalize("NFKC", character).lower()
    return "".join(_PUNCTUATION.get(c, c) for c in unicodedata.normalize("NFKC", folded))


def fold_text(text: str) -> str:
    """`text` with every character folded and white space collapsed: what captions train on."""
    return " ".join("".join(map(fold_character, text)).split())


def folding_table(
    alphabet: Collection[str], fold: Callable[[str], str] = fold_character
) -> dict[str, str]:
    """The entries of `fold` over all of Unicode that matter to pieces made of `alphabet`.

    A result without any known character is unknown with or without folding: it needs no entry.
    """
    known = set(alphabet) | {" "}
    table = {}
    for code_point in range(sys.maxunicode + 1):
        character = chr(code_point)
        folded = fold(character)
        if folded != character and (not folded or not known.isdisjoint(folded)):
            table[character] = folded
    return table
