"""The words of the captions: subjects, actions, places and directions in both languages.

The first phrase of each list is the plain one; the others are synonyms that mean the same here.
"""

from typing import NamedTuple


class Noun(NamedTuple):
    """A subject's names: English nouns, Chinese (measure word, noun) pairs, Chinese pronoun."""

    en: tuple[str, ...]
    zh: tuple[tuple[str, str], ...]
    pronoun_en: str = "it"
    pronoun_zh: str = "它"


class Verb(NamedTuple):
    """An action's phrases; "{dir}" stands where a direction may be named.

    English: (third person, -ing form) pairs. Chinese: (phrase, whether 正在 may precede it).
    """

    en: tuple[tuple[str, str], ...]
    zh: tuple[tuple[str, bool], ...]


NOUNS: dict[str, Noun] = {
    "lion": Noun(
        ("lion", "male lion", "big lion"), (("头", "狮子"), ("只", "狮子"), ("头", "雄狮"))
    ),
    "zebra": Noun(("zebra", "striped zebra"), (("匹", "斑马"), ("只", "斑马"))),
    "cow": Noun(("cow", "black and white cow"), (("头", "奶牛"), ("头", "牛"), ("头", "黑白奶牛"))),
    "fox": Noun(("fox", "orange fox", "red fox"), (("只", "狐狸"), ("只", "橙色狐狸"))),
    "horse": Noun(("horse", "brown horse"), (("匹", "马"), ("匹", "棕马"), ("匹", "棕色的马"))),
    "stag": Noun(("deer", "stag"), (("只", "鹿"), ("头", "鹿"), ("头", "雄鹿"))),
    "knight": Noun(
        ("knight", "armored knight", "knight in armor"),
        (("名", "骑士"), ("个", "骑士"), ("位", "骑士")),
        "he",
        "他",
    ),
    "mage": Noun(
        ("wizard", "mage", "purple wizard"),
        (("名", "巫师"), ("个", "巫师"), ("位", "法师"), ("个", "魔法师")),
        "the wizard",
        "巫师",
    ),
    "trex": Noun(
        ("t-rex", "tyrannosaurus", "green dinosaur"),
        (("只", "霸王龙"), ("头", "霸王龙"), ("只", "绿色恐龙")),
    ),
    "triceratops": Noun(
        ("triceratops", "blue triceratops", "blue dinosaur"),
        (("只", "三角龙"), ("头", "三角龙"), ("只", "蓝色恐龙")),
    ),
    "clownfish": Noun(
        ("clownfish", "clown fish", "orange fish"),
        (("条", "小丑鱼"), ("条", "橙色的鱼"), ("只", "小丑鱼")),
    ),
    "dolphin": Noun(("dolphin",), (("只", "海豚"), ("条", "海豚"))),
    "taxi": Noun(
        ("taxi", "yellow taxi", "yellow cab"),
        (("辆", "出租车"), ("辆", "黄色出租车"), ("辆", "的士")),
    ),
    "car": Noun(("red car", "car"), (("辆", "红色汽车"), ("辆", "汽车"), ("辆", "红色小汽车"))),
}

# Of catalog.GUESTS; no name is one of NOUNS.
GUEST_NOUNS: dict[str, Noun] = {
    "tiger": Noun(("tiger", "striped tiger"), (("只", "老虎"), ("头", "老虎"))),
    "leopard": Noun(("leopard", "spotted leopard"), (("只", "豹子"), ("头", "花豹"))),
    "wolf": Noun(("wolf", "gray wolf"), (("只", "狼"), ("头", "灰狼"))),
    "husky": Noun(("husky", "sled dog"), (("只", "哈士奇"),)),
    "dog": Noun(("dog", "puppy", "brown dog"), (("只", "狗"), ("只", "小狗"), ("条", "狗"))),
    "white_horse": Noun(("white horse",), (("匹", "白马"), ("匹", "白色的马"))),
    "bull": Noun(("bull", "black bull"), (("头", "公牛"), ("头", "黑牛"))),
    "donkey": Noun(("donkey", "gray donkey"), (("头", "驴"), ("只", "灰驴"))),
    "alpaca": Noun(("alpaca", "llama"), (("只", "羊驼"), ("头", "羊驼"))),
    "deer": Noun(("doe", "brown doe"), (("只", "母鹿"), ("头", "母鹿"))),
    "barbarian": Noun(("barbarian",), (("名", "野蛮人"), ("个", "野蛮人")), "he", "他"),
    "rogue": Noun(
        ("ranger", "hooded ranger"), (("名", "游侠"), ("位", "游侠")), "the ranger", "游侠"
    ),
    "man": Noun(("man", "blue man"), (("个", "男人"), ("名", "男子")), "he", "他"),
    "woman": Noun(("woman", "lady"), (("个", "女人"), ("位", "女士")), "she", "她"),
    "stegosaurus": Noun(("stegosaurus", "orange dinosaur"), (("只", "剑龙"), ("只", "橙色恐龙"))),
    "apatosaurus": Noun(("brontosaurus", "huge dinosaur"), (("只", "雷龙"), ("头", "雷龙"))),
    "velociraptor": Noun(("raptor", "red dinosaur"), (("只", "迅猛龙"), ("只", "红色恐龙"))),
    "parasaurolophus": Noun(("purple dinosaur",), (("只", "副栉龙"), ("只", "紫色恐龙"))),
}

VERBS: dict[str, Verb] = {
    "stand": Verb(
        (("stands", "standing"), ("stands still", "standing still")),
        (("站着", False), ("站着不动", False), ("静静地站着", False)),
    ),
    "walk": Verb(
        (("walks {dir}", "walking {dir}"), ("strolls {dir}", "strolling {dir}")),
        (("{dir}走", True), ("{dir}行走", True), ("{dir}走路", True)),
    ),
    "run": Verb(
        (("runs {dir}", "running {dir}"), ("runs fast {dir}", "running fast {dir}")),
        (("{dir}跑", True), ("{dir}奔跑", True), ("{dir}快跑", True)),
    ),
    "walk_toward": Verb(
        (
            ("walks toward the camera", "walking toward the camera"),
            ("comes closer", "coming closer"),
            ("walks toward us", "walking toward us"),
            ("approaches the camera", "approaching the camera"),
        ),
        (("朝镜头走来", True), ("向我们走来", True), ("越走越近", False), ("朝我们走过来", True)),
    ),
    "walk_stop": Verb(
        (
            ("walks {dir} and stops", "walking {dir} and stopping"),
            ("walks {dir} and then stops", "walking {dir} and then stopping"),
            ("walks {dir} and stands still", "walking {dir} and standing still"),
        ),
        (
            ("{dir}走然后停下", False),
            ("{dir}走了几步停下来", False),
            ("{dir}走一段路后站住", False),
        ),
    ),
    "jump": Verb(
        (
            ("jumps", "jumping"),
            ("leaps", "leaping"),
            ("runs and jumps {dir}", "running and jumping {dir}"),
            ("jumps {dir}", "jumping {dir}"),
        ),
        (("跳起来", False), ("跳跃", True), ("跑着跳起来", False), ("{dir}跳", True)),
    ),
    "eat": Verb(
        (
            ("eats", "eating"),
            ("lowers its head and eats", "lowering its head and eating"),
            ("eats from the ground", "eating from the ground"),
        ),
        (("吃东西", True), ("低头吃东西", True), ("低下头吃东西", True)),
    ),
    "drink": Verb(
        (
            ("drinks water", "drinking water"),
            ("drinks", "drinking"),
            ("lowers its head and drinks", "lowering its head and drinking"),
            ("walks to the water and drinks", "walking to the water and drinking"),
        ),
        (("喝水", True), ("低头喝水", True), ("走到水边喝水", False), ("低下头喝水", True)),
    ),
    "attack": Verb(
        (("attacks", "attacking"), ("attacks twice", "attacking twice"), ("fights", "fighting")),
        (("攻击", True), ("发起攻击", False), ("进攻", True)),
    ),
    "sit": Verb(
        (
            ("sits down", "sitting down"),
            ("sits down to rest", "sitting down to rest"),
            ("takes a seat", "taking a seat"),
        ),
        (("坐下", False), ("坐下来", False), ("坐下休息", True)),
    ),
    "cheer": Verb(
        (
            ("cheers", "cheering"),
            ("cheers happily", "cheering happily"),
            ("celebrates", "celebrating"),
        ),
        (("欢呼", True), ("高兴地欢呼", True), ("庆祝", True)),
    ),
    "swim": Verb(
        (("swims {dir}", "swimming {dir}"), ("swims slowly {dir}", "swimming slowly {dir}")),
        (("{dir}游", True), ("{dir}游动", True), ("{dir}慢慢游", True)),
    ),
    "drive": Verb(
        (("drives {dir}", "driving {dir}"), ("moves {dir}", "moving {dir}")),
        (("{dir}行驶", True), ("{dir}开", True), ("{dir}开动", True)),
    ),
    "park": Verb(
        (
            ("drives {dir} and stops", "driving {dir} and stopping"),
            ("drives in {dir} and parks", "driving in {dir} and parking"),
            ("parks", "parking"),
        ),
        (("{dir}开过来停下", False), ("{dir}行驶然后停下", False), ("停车", True)),
    ),
}

# Phrases true of one subject only; they join the action's own.
SUBJECT_VERBS: dict[tuple[str, str], Verb] = {
    # The rendered knight carries no sword.
    ("knight", "attack"): Verb(
        (("kicks", "kicking"), ("attacks with a kick", "attacking with a kick")),
        (("踢腿", True), ("用脚踢", True)),
    ),
    ("mage", "attack"): Verb(
        (("casts a spell", "casting a spell"), ("waves a wand", "waving a wand")),
        (("施魔法", True), ("挥动魔杖", True)),
    ),
    ("horse", "run"): Verb((("gallops {dir}", "galloping {dir}"),), (("{dir}飞奔", True),)),
    ("zebra", "run"): Verb((("gallops {dir}", "galloping {dir}"),), (("{dir}飞奔", True),)),
}

PLACE_PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "meadow": (
        ("on the grass", "in the meadow", "in a green field"),
        ("在草地上", "在绿色的草地上", "在草坪上"),
    ),
    "forest": (
        ("in the forest", "in the woods", "in a green forest"),
        ("在森林里", "在树林里", "在绿色的森林里"),
    ),
    "autumn": (
        ("in the autumn forest", "in autumn", "among autumn trees"),
        ("在秋天的树林里", "在秋天", "在秋天的森林里"),
    ),
    "desert": (
        ("in the desert", "on the sand", "in a hot desert"),
        ("在沙漠里", "在沙漠中", "在沙地上"),
    ),
    "snow": (("in the snow", "on the snow", "in winter"), ("在雪地里", "在雪地上", "在冬天")),
    "street": (
        ("on the street", "in the city", "on a city street"),
        ("在街道上", "在城市里", "在街上", "在马路上"),
    ),
    "lake": (
        ("at the lake", "by the lake", "beside the lake", "near the lake"),
        ("在湖边", "在湖旁", "在湖边的草地上"),
    ),
    "night": (
        ("at night", "on the grass at night", "in the meadow at night"),
        ("在夜晚", "在晚上", "在夜晚的草地上"),
    ),
    "underwater": (
        ("under water", "in the sea", "under the sea", "in the ocean"),
        ("在水下", "在海里", "在海底", "在大海里"),
    ),
}
# Where the plain phrase would be untrue or odd for a kind of subject.
CAR_PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "night": (("at night",), ("在夜晚", "在晚上")),
    "street": (
        ("on the street", "on the road", "in the city", "on a city street"),
        ("在街道上", "在马路上", "在城市里", "在公路上"),
    ),
}

DIRECTION_PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "left": (("to the left", "left", "from right to left"), ("向左", "往左", "从右向左")),
    "right": (("to the right", "right", "from left to right"), ("向右", "往右", "从左向右")),
}
