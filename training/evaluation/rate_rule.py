"""The key frame rate that the product takes for a prompt: the twin of
workers/sampling/rateRule.ts and englishForms.ts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_ENGLISH_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*")
_DOUBLED_END = re.compile(r"([bdgklmnprtvz])\1$")


def key_rate_for(prompt: str, manifest: dict[str, Any]) -> int:
    """Frames per second of the manifest's rules for this prompt.

    English words match whole words in any inflection, Chinese words match anywhere. Several
    matches: the lowest rate; none: the manifest's default.
    """
    text = unicodedata.normalize("NFKC", prompt).lower()
    forms = [english_forms(word) for word in _ENGLISH_WORD.findall(text)]
    rates = [
        rule["framesPerSecond"]
        for rule in manifest["rateRules"]
        if any(_matches(word, text, forms) for word in rule["words"])
    ]
    return min(rates, default=manifest["defaultKeyRate"])


def _matches(word: str, text: str, forms: list[list[str]]) -> bool:
    if not re.search("[a-z]", word):
        return word in text
    phrase = word.lower().split()
    return any(
        all(part in own for part, own in zip(phrase, forms[start:], strict=False))
        for start in range(len(forms) - len(phrase) + 1)
    )


def english_forms(word: str) -> list[str]:
    """Forms under which a lower-case word may stand in a word list, the word itself first."""
    plain = re.sub(r"['’]s?$", "", word)
    forms = [word, plain]
    if plain.endswith("ies"):
        forms += [f"{plain[:-3]}y", plain[:-1]]
    if plain.endswith("ves"):
        forms += [f"{plain[:-3]}f", f"{plain[:-3]}fe"]
    if plain.endswith("es"):
        forms.append(plain[:-2])
    if plain.endswith("s") and not plain.endswith("ss"):
        forms.append(plain[:-1])
    if plain.endswith("ing"):
        forms += _stem_forms(plain[:-3])
    if plain.endswith("ied"):
        forms.append(f"{plain[:-3]}y")
    if plain.endswith("ed"):
        forms += _stem_forms(plain[:-2])
    return forms


def _stem_forms(stem: str) -> list[str]:
    """ "runn" -> run, "driv" -> drive, "walk" -> walk; a stem needs two letters and a vowel."""
    if len(stem) < 2 or not re.search("[aeiouy]", stem):
        return []
    forms = [stem, f"{stem}e"]
    return [*forms, stem[:-1]] if _DOUBLED_END.search(stem) else forms
