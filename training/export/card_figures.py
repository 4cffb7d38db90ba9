"""The figures of a model card, taken from a report of :mod:`training.evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.export.card_texts import CardText, card_text

_GROUPS = {
    "held-out": card_text("held-out pairs", "未训练的搭配"),
    "seen": card_text("trained pairs", "训练过的搭配"),
}
# Shares of right clips, by their names in the report.
_SHARES = {
    "subject": card_text("Subject", "主体"),
    "action": card_text("Action", "动作"),
    "place": card_text("Place", "地点"),
    "colour": card_text("Colour", "颜色"),
    "time": card_text("Time of day", "时间"),
    "direction": card_text("Direction", "方向"),
    "all": card_text("Subject, action and place", "主体、动作和地点"),
    "completion": card_text("All stages of the action in order", "动作各阶段按序完成"),
}
# Other figures of all clips, with their units.
_NUMBERS = {
    "identity": (card_text("The same subject in every frame", "各帧主体一致"), "share"),
    "frechetDistance": (
        card_text("Frechet distance (this project's features)", "Frechet 距离（本项目的特征）"),
        "number",
    ),
    "inceptionScore": (
        card_text(
            "Inception-style score (this project's classifier)",
            "类 Inception 分数（本项目的分类器）",
        ),
        "number",
    ),
}


def figures_of(
    report: Mapping[str, Any], manifest: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], CardText]:
    """The card's figures and how they were measured.

    ValueError where `report` is no evaluation, or one of other graphs than the manifest's: a card
    tells of exactly the package that it lies in.
    """
    try:
        _check_graphs(report["package"]["graphs"], manifest)
        sources = report["sources"]
        figures = [
            figure for group, title in _GROUPS.items() for figure in _shares(sources, group, title)
        ]
        figures += _numbers(sources)
        figures += _rates(report.get("rateObedience"))
        figures += _languages(report.get("chineseMinusEnglish"))
        return figures, _method(report)
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"The evaluation has no usable {error}; write it with python -m training.evaluate."
        ) from error


def _check_graphs(evaluated: Mapping[str, list[str]], manifest: Mapping[str, Any]) -> None:
    own = {
        name: [file["sha256"] for file in graph["files"]]
        for name, graph in manifest["graphs"].items()
    }
    other = [name for name in own if evaluated.get(name) != own[name]]
    if other:
        raise ValueError(
            f"The evaluation is of another package: {', '.join(other)} differ. "
            "Run python -m training.evaluate on this package."
        )


def _shares(sources: Mapping[str, Any], group: str, title: CardText) -> list[dict[str, Any]]:
    found = []
    for name, text in _SHARES.items():
        drawn = sources["generated"].get(group, {}).get(name)
        if not drawn or not drawn["n"]:
            continue
        figure = {
            "name": {
                "en": f"{text['en']}, {title['en']}",
                "zh": f"{text['zh']}，{title['zh']}",
            },
            "unit": "share",
            "value": drawn["share"],
            "low": drawn["low"],
            "high": drawn["high"],
            "clips": drawn["n"],
        }
        for bound, source in (("ceiling", "reconstructed"), ("floor", "shuffled")):
            other = sources.get(source, {}).get(group, {}).get(name)
            if other and other["n"]:
                figure[bound] = other["share"]
        found.append(figure)
    return found


def _numbers(sources: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for name, (text, unit) in _NUMBERS.items():
        drawn = sources["generated"]["all"].get(name)
        if drawn is None:
            continue
        figure = {"name": text, "unit": unit, "value": drawn}
        ceiling = sources.get("reconstructed", {}).get("all", {}).get(name)
        if ceiling is not None:
            figure["ceiling"] = ceiling
        found.append({**figure, "clips": sources["generated"]["all"]["clips"]})
    return found


def _rates(obedience: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Whether the motion per frame halves at twice the frame rate; none where it was not tested."""
    drawn = obedience["generated"]["obeys"] if obedience else None
    if not obedience or not drawn or not drawn["n"]:
        return []
    figure = {
        "name": card_text("Half the motion at twice the frame rate", "帧率加倍时每帧动作减半"),
        "unit": "share",
        "value": drawn["share"],
        "low": drawn["low"],
        "high": drawn["high"],
        "clips": drawn["n"],
    }
    ceiling = obedience.get("reconstructed", {}).get("obeys")
    return [{**figure, "ceiling": ceiling["share"]} if ceiling and ceiling["n"] else figure]


def _languages(difference: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Chinese minus English in points of the share of clips that are right in everything."""
    if not difference or "all" not in difference:
        return []
    found = difference["all"]
    return [
        {
            "name": card_text(
                "Chinese minus English, subject, action and place",
                "中文减英文，主体、动作和地点",
            ),
            "unit": "points",
            "value": 100 * found["difference"],
            "low": 100 * found["low"],
            "high": 100 * found["high"],
            "clips": 2 * found["n"],
        }
    ]


def _method(report: Mapping[str, Any]) -> CardText:
    run, settings = report["run"], report["settings"]
    sampling = (
        f"guidance {settings['guidance']}, temperature {settings['temperature']}, "
        f"top-k {settings['top_k']}, seed {run['seed']}, commit {run['commit'][:12]}"
    )
    judged = report["evaluator"]["accuracyOnRenders"]["held-out"]
    subject, action = (f"{100 * judged[name]['share']:.1f} %" for name in ("subject", "action"))
    return card_text(
        f"{run['clips']} clips, judged by a classifier that names {subject} of the subjects and "
        f"{action} of the actions of fresh real clips of held-out pairs right ({sampling}).",
        f"{run['clips']} 条短片，由分类器评判；它对未训练搭配的真实短片，主体正确率 {subject}，"
        f"动作正确率 {action}（{sampling}）。",
    )
