"""Settings as a checkpoint or a golden set states them: keys that must be there, and keys that say
again what others imply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read_settings(values: Mapping[str, Any], keys: Mapping[str, str], whose: str) -> dict[str, Any]:
    """Values by field, where `keys` names each field's key; lists become tuples.

    Raises ValueError that lists all missing keys; `whose` begins it ("the VQVAE's settings").
    """
    missing = [key for key in keys.values() if key not in values]
    if missing:
        raise ValueError(f"{whose} lack {', '.join(missing)}")
    stated = {field: values[key] for field, key in keys.items()}
    return {field: tuple(v) if isinstance(v, list) else v for field, v in stated.items()}


def check_restated(values: Mapping[str, Any], implied: Mapping[str, Any], whose: str) -> None:
    """Raises ValueError where a key is there and has another value than the implied one."""
    for key, value in implied.items():
        if values.get(key, value) != value:
            raise ValueError(f"{whose}: {key} is {values[key]!r}, expected {value!r}")
