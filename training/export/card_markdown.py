"""MODEL_CARD.md: the manifest's card for people who look into the package's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_GROUPS = {
    "subjects": "Subjects",
    "actions": "Actions",
    "places": "Places",
    "colours": "Colours",
    "times": "Times of day",
    "weathers": "Weather",
    "cameras": "Camera",
}


def card_markdown(manifest: Mapping[str, Any]) -> str:
    """The whole file; `manifest` has a field `card`."""
    card = manifest["card"]
    sections = {
        "What it knows": _known(card["knows"]),
        "What it does not know": [f"- {limit['en']}" for limit in card["limits"]],
        "How well it draws": _figures(card),
        "Trained on": [card["data"]["en"]],
        "Licences and credits": _licences(card["licences"]),
        "What its training took": _cost(card["cost"]),
    }
    head = f"# {manifest['title']}, version {manifest['version']}"
    body = [f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines]
    return "\n\n".join([head, *body]) + "\n"


def _known(knows: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
    lines = []
    for group, title in _GROUPS.items():
        words = ", ".join(f"{thing['en']} ({thing['zh']})" for thing in knows[group])
        if words:
            lines.append(f"- **{title}**: {words}")
    return lines


def _figures(card: Mapping[str, Any]) -> list[str]:
    figures = card["figures"]
    if not figures:
        return ["Not measured yet."]
    lines = ["| figure | drawn | ceiling | floor | clips |", "| --- | --- | --- | --- | --- |"]
    for figure in figures:
        unit = figure["unit"]
        drawn = format_figure(figure["value"], unit)
        if "low" in figure and "high" in figure:
            low, high = (format_figure(figure[end], unit) for end in ("low", "high"))
            drawn = f"{drawn} [{low}, {high}]"
        ceiling, floor = (
            format_figure(figure[bound], unit) if bound in figure else ""
            for bound in ("ceiling", "floor")
        )
        cells = [figure["name"]["en"], drawn, ceiling, floor, str(figure.get("clips", ""))]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Ceiling: real clips after the picture tokenizer. Floor: captions of other clips.",
    ]
    if "method" in card:
        lines.append(card["method"]["en"])
    return lines


def format_figure(value: float, unit: str) -> str:
    """A share in per cent ("87.5 %"), another number with its unit."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "points":
        return f"{value:+.1f}"
    return f"{value:.1f} dB" if unit == "dB" else f"{value:.2f}"


def _licences(licences: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for entry in licences:
        link = f" <{entry['url']}>" if "url" in entry else ""
        lines.append(f"- {entry['what']['en']}: {entry['licence']}, {entry['by']}{link}")
    return lines


def _cost(cost: Mapping[str, Any]) -> list[str]:
    lines = [f"{cost['minutes']} minutes on {cost['hardware']}.", ""]
    for part in cost["parts"]:
        line = f"- {part['name']['en']}: {part['minutes']} min, {part['steps']} steps"
        before = f", {part['minutesBefore']} min before" if "minutesBefore" in part else ""
        lines.append(line + before)
    if "startedFrom" in cost:
        lines.append(f"- went on from version {cost['startedFrom']}")
    lines += [f"- command: `{cost['command']}`", f"- commit: `{cost['commit']}`"]
    for data in cost["data"]:
        lines.append(f"- SHA-256 of the clips of {data['name']['en']}: `{data['sha256']}`")
    return lines
