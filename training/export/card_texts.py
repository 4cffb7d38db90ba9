"""Texts of the model card that no file can tell: limits, data, licences."""

from __future__ import annotations

from typing import Any, TypedDict


class CardText(TypedDict):
    """A text in both languages of the page."""

    en: str
    zh: str


def card_text(en: str, zh: str) -> CardText:
    return {"en": en, "zh": zh}


_ONLY_ITS_LIST = card_text(
    "Only the subjects, actions and places of its list; other words are left out.",
    "只认识列表里的主体、动作和地点，其他词会被略去。",
)
_NOTHING_REAL = card_text(
    "No real people, texts, brands or places: nothing outside of its toy world.",
    "没有真人、文字、品牌或真实地点，玩具世界之外的都不会画。",
)
# What a model does not know or do well, by the subset of the world that it is trained on.
LIMITS: dict[str, tuple[CardText, ...]] = {
    "cpu": (
        _ONLY_ITS_LIST,
        card_text("One subject a clip, and no more than one.", "每条短片只有一个主体。"),
        card_text(
            "No free colours: each colour belongs to one subject.",
            "颜色不能自由搭配，每种颜色只属于一个主体。",
        ),
        card_text(
            "A still camera, clear weather, day or a meadow at night.",
            "镜头固定，天气晴朗，白天，或夜晚的草地。",
        ),
        card_text(
            "Left and right are followed in most clips, not in all; walking and running are "
            "sometimes mixed up.",
            "“向左”“向右”大多会照做，但并非总是；走和跑有时会混淆。",
        ),
        card_text(
            "Fast legs smear, subjects sometimes change their look while they move.",
            "奔跑的腿会模糊，主体移动时有时会变样。",
        ),
        _NOTHING_REAL,
    ),
    "full": (
        _ONLY_ITS_LIST,
        card_text("Two subjects a clip at most.", "每条短片最多两个主体。"),
        _NOTHING_REAL,
    ),
}

DATA = {
    "synthetic": card_text(
        "Coloured shapes drawn by this repository: a model for tests.",
        "本仓库自己画的彩色图形，仅用于测试。",
    ),
    "rendered": card_text(
        "Clips of 4 seconds that this repository renders from 3D models, with captions in English "
        "and Chinese written by a grammar. No film, photograph or text of other people was used.",
        "本仓库用三维模型渲染的 4 秒短片，中英文说明由语法生成。没有使用他人的影片、照片或文字。",
    ),
}

_LICENCES: tuple[dict[str, Any], ...] = (
    {
        "what": card_text("This model", "本模型"),
        "licence": "MIT",
        "by": "Flipbook contributors",
    },
    {
        "what": card_text(
            "3D models of animals, dinosaurs, fish, cars, nature and streets",
            "动物、恐龙、鱼、汽车、自然和街道的三维模型",
        ),
        "licence": "CC0 1.0",
        "by": "Quaternius",
        "url": "https://quaternius.com",
    },
    {
        "what": card_text("3D models of knight and wizard", "骑士和巫师的三维模型"),
        "licence": "CC0 1.0",
        "by": "Kay Lousberg",
        "url": "https://kaylousberg.com",
    },
    {
        "what": card_text("The method, CogVideo", "方法：CogVideo"),
        "licence": "paper, no code or weights used",
        "by": "Hong et al., 2022",
        "url": "https://arxiv.org/abs/2205.15868",
    },
)

# What the full world draws besides.
_FULL_LICENCES: tuple[dict[str, Any], ...] = (
    {
        "what": card_text("Pictures of things and further animals", "物品和其他动物的图片"),
        "licence": "MIT",
        "by": "Microsoft (Fluent Emoji)",
        "url": "https://github.com/microsoft/fluentui-emoji",
    },
)


def licences_of(subset: str) -> list[dict[str, Any]]:
    """Licences and credits of a model that is trained on that subset of the world."""
    return [*_LICENCES, *(_FULL_LICENCES if subset == "full" else ())]


PART_NAMES = {
    "vqvae": card_text("picture tokenizer", "图像词元器"),
    "keyframes": card_text("stage 1, key frames", "第一阶段，关键帧"),
    "interpolation": card_text("stage 2, in-between frames", "第二阶段，中间帧"),
    "upscaler": card_text("upscaler", "放大器"),
    "ranker": card_text("ranker of key frames", "关键帧评选器"),
    "storyboard": card_text("storyboard planner", "分镜规划器"),
}
