"""Word lists of the full world's captions: vocabulary, example prompts, words of short actions."""

import re

from training.world.captions.templates import TEMPLATES
from training.world.full.actions import rate_of
from training.world.full.catalog import SUBJECTS
from training.world.full.places import OVER_PHRASES, PLACES
from training.world.full.settings import CAMERAS, COLOURS, TIMES, WEATHERS
from training.world.full.verbs import all_verbs
from training.world.phrases import DIRECTION_PHRASES

# Words that tell actions shorter than a clip; their other forms are understood too.
_SHORT_ACTIONS: dict[str, tuple[str, ...]] = {
    "jump": ("jump", "leap", "跳起来", "跳跃"),
    "attack": ("attack", "fight", "kick", "punch", "攻击", "进攻", "踢腿", "挥拳", "出拳"),
    "sit": ("sit down", "take a seat", "坐下"),
    "wave": ("wave", "挥手", "招手"),
    "fall_over": ("fall over", "fall down", "collapse", "倒下", "摔倒", "倒在地上"),
    "leap_water": ("leap out", "jump out", "跃出水面", "跳出水面"),
    "pick_up": ("pick up", "捡起"),
    "throw": ("throw", "扔"),
    "kick": ("kick", "踢"),
    "appear": ("appear", "出现"),
    "disappear": ("disappear", "fade away", "vanish", "消失"),
    "drink": ("drink", "喝水"),
}


def rate_words() -> dict[str, int]:
    """Words of actions and the key frame rate (fps) at which five frames cover the action."""
    return {word: rate_of(action) for action, words in _SHORT_ACTIONS.items() for word in words}


def example_prompts() -> list[tuple[str, str]]:
    """Prompts (text, language) that the full world covers, for the app's gallery."""
    return [
        ("A lion drinks water at the lake.", "en"),
        ("狮子在湖边喝水。", "zh"),
        ("A purple dragon flies to the left in the sky.", "en"),
        ("清晨，一只狐狸在雪地里跳起来。", "zh"),
        ("A knight drinks from a mug in the village.", "en"),
        ("一只海豚跃出水面。", "zh"),
        ("A dog chases a horse to the right on the grass at sunset.", "en"),
        ("机器人在街道上跳舞，下着雨。", "zh"),
        ("A blue car drives to the left on the street at night.", "en"),
        ("帆船在海面上向右航行，镜头向右移动。", "zh"),
        ("A wizard kicks a soccer ball in the village in the fog.", "en"),
        ("向日葵在农场上慢慢长大。", "zh"),
    ]


def all_caption_words() -> dict[str, list[str]]:
    """The words captions are made of: English single words, Chinese words and phrases."""
    english, chinese = _noun_texts()
    for verb in all_verbs():
        english.update(form for pair in verb.en for form in pair)
        # Slots may stand inside of a phrase: its parts are the words.
        chinese.update(part for phrase, _ in verb.zh for part in re.split(r"\{\w+\}", phrase))
    for phrases in (
        *((place.en, place.zh) for place in PLACES.values()),
        *((words.en, words.zh) for group in (TIMES, WEATHERS, CAMERAS) for words in group.values()),
        *OVER_PHRASES.values(),
        *DIRECTION_PHRASES.values(),
    ):
        english.update(phrases[0])
        chinese.update(phrases[1])
    english.update(template for template, _ in TEMPLATES["en"])
    english.update(("a", "an", "the"))
    chinese.update(("一", "正在", "有", "一段", "的视频", "的", "穿", "衣服的"))
    # A place phrase is also known without its preposition.
    chinese |= {word[1:] for word in chinese if word.startswith("在") and len(word) > 2}
    words = (re.findall(r"[a-z][a-z-]*", re.sub(r"\{\w+\}", " ", text)) for text in english)
    return {
        "en": sorted({word for found in words for word in found}),
        "zh": sorted(chinese - {""}),
    }


def _noun_texts() -> tuple[set[str], set[str]]:
    """Names, measure words, pronouns and colours in both languages."""
    nouns = [subject.noun for subject in SUBJECTS.values()]
    english = {name for noun in nouns for name in (*noun.en, noun.pronoun_en)}
    chinese = {word for noun in nouns for pair in noun.zh for word in pair}
    chinese |= {noun.pronoun_zh for noun in nouns}
    english |= {colour.en for colour in COLOURS.values()} | {"in a shirt"}
    return english, chinese | {colour.zh for colour in COLOURS.values()}
