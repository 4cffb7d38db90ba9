"""Sentence patterns of the full world's captions, and those of both worlds that tell no action.

Slots: subj "a lion"/"the lion"/一头狮子, noun "lion"/狮子, act "drinks water"/喝水, ing "drinking
water"/正在喝水, now 正, place "at the lake"/在湖边, it "it"/它, one "a lion". Patterns with {place}
weigh more: most prompts say where.
"""

TEMPLATES: dict[str, tuple[tuple[str, float], ...]] = {
    "en": (
        ("{subj} {act} {place}", 4.0),
        ("{subj} is {ing} {place}", 2.0),
        ("{place}, {subj} {act}", 1.5),
        ("{place}, {subj} is {ing}", 0.7),
        ("a video of {subj} {ing} {place}", 1.0),
        ("{subj} {ing} {place}", 1.5),
        ("there is {one} {place}. {it} {act}", 0.7),
        ("{noun} {ing} {place}", 0.8),
        ("{noun} {ing}", 0.6),
        ("{subj} {act}", 0.6),
        ("{subj} is {ing}", 0.3),
    ),
    "zh": (
        ("{noun}{place}{act}", 3.0),
        ("{subj}{place}{act}", 3.0),
        ("{place}，{subj}{act}", 1.5),
        ("{place}，{noun}{act}", 0.7),
        ("{place}，{subj}{ing}", 1.0),
        ("一段{subj}{place}{act}的视频", 1.0),
        ("{place}有{subj}，{it}{act}", 0.7),
        ("{noun}{now}{place}{act}", 1.2),
        ("{noun}{act}", 0.6),
        ("{subj}{act}", 0.6),
        ("{subj}{ing}", 0.4),
    ),
}
# Who acts, or where, or both, but not what happens: half-typed prompts.
ACTIONLESS_TEMPLATES: dict[str, tuple[str, ...]] = {
    "en": ("{subj} {place}", "{noun} {place}", "{subj}", "{noun}", "{place}", "a video of {subj}"),
    "zh": (
        "{noun}{place}",
        "{subj}{place}",
        "{place}有{subj}",
        "{noun}",
        "{place}",
        "一段{subj}的视频",
    ),
}
# Never used in training: they measure whether new word order is understood.
HELD_OUT_TEMPLATES = {
    "en": "we see {subj} {place} and {it} is {ing}",
    "zh": "画面中，{noun}{now}{place}{act}",
}
