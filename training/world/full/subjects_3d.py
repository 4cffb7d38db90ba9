"""The animated subjects: every animal, person, dinosaur, critter, fish, car, boat and flyer."""

from training.world.full.subject import Subject, subject

_HE, _SHE = ("he", "他"), ("she", "她")
_ADVENTURER = ("drink_mug", "pick_up", "kick", "throw", "lie_down", "cheer")
_LEAPER = ("leap_water",)

SUBJECTS_3D: dict[str, Subject] = {
    "lion": subject("animal", "lion/male lion", "头 狮子/雄狮", "yellow", True),
    "zebra": subject("animal", "zebra/striped zebra", "匹 斑马"),
    "cow": subject("animal", "cow/spotted cow", "头 奶牛/花奶牛"),
    "fox": subject("animal", "fox", "只 狐狸", "orange", True),
    "horse": subject("animal", "horse", "匹 马/骏马", "brown", True),
    "stag": subject("animal", "stag/deer with antlers", "头 雄鹿/公鹿", "brown", True),
    "knight": subject(
        "person",
        "knight/armored knight",
        "名 骑士/武士",
        extra=_ADVENTURER,
        pronouns=("the knight", "骑士"),
    ),
    "mage": subject(
        "person",
        "wizard/mage",
        "名 巫师/魔法师",
        "purple",
        extra=_ADVENTURER,
        pronouns=("the wizard", "巫师"),
    ),
    "trex": subject("dinosaur", "t-rex/tyrannosaurus", "只 霸王龙/暴龙", "green", True),
    "triceratops": subject("dinosaur", "triceratops", "只 三角龙", "blue", True),
    "clownfish": subject("fish", "clownfish", "条 小丑鱼", "orange", True, _LEAPER),
    "dolphin": subject("fish", "dolphin", "只 海豚", "gray", True, _LEAPER),
    "taxi": subject("car", "taxi/cab", "辆 出租车/的士", "yellow", True),
    "car": subject("car", "car/automobile", "辆 汽车/小汽车", "red", True),
    "tiger": subject("animal", "tiger/striped tiger", "只 老虎/虎", "orange", True),
    "leopard": subject("animal", "leopard/spotted leopard", "只 豹子/花豹", "yellow", True),
    "wolf": subject("animal", "wolf", "只 狼/野狼", "gray", True),
    "husky": subject("animal", "husky/sled dog", "只 哈士奇/雪橇犬"),
    "dog": subject("animal", "dog/shiba inu/puppy", "只 狗/小狗/柴犬", "brown", True),
    "white_horse": subject("animal", "white horse", "匹 白马/白色的马"),
    "bull": subject("animal", "bull", "头 公牛", "black", True),
    "donkey": subject("animal", "donkey", "头 驴/毛驴/驴子", "gray", True),
    "alpaca": subject("animal", "alpaca/llama", "只 羊驼", "white", True),
    "deer": subject("animal", "deer/doe", "只 鹿/小鹿", "brown", True),
    "barbarian": subject(
        "person", "barbarian", "名 野蛮人", extra=_ADVENTURER, pronouns=("the barbarian", "野蛮人")
    ),
    "rogue": subject(
        "person",
        "ranger/hooded ranger",
        "名 游侠",
        extra=_ADVENTURER,
        pronouns=("the ranger", "游侠"),
    ),
    "man": subject("person", "man/guy", "个 男人/男子", "blue", True, ("clap",), pronouns=_HE),
    "woman": subject(
        "person", "woman/lady", "个 女人/女子/女士", "pink", True, ("clap",), pronouns=_SHE
    ),
    "robot": subject("person", "robot", "个 机器人", "orange", True, lacks=("sit",)),
    "zombie": subject(
        "person",
        "zombie",
        "个 僵尸/丧尸",
        "green",
        lacks=("jump", "sit", "wave", "dance", "fall_over"),
    ),
    "stegosaurus": subject("dinosaur", "stegosaurus", "只 剑龙", "orange", True),
    "apatosaurus": subject("dinosaur", "apatosaurus/brontosaurus", "只 雷龙", "blue", True),
    "velociraptor": subject("dinosaur", "velociraptor/raptor", "只 迅猛龙", "red", True),
    "parasaurolophus": subject("dinosaur", "parasaurolophus", "只 副栉龙", "purple", True),
    "frog": subject(
        "critter",
        "frog",
        "只 青蛙",
        "green",
        True,
        ("hop",),
        lacks=("walk", "run", "walk_toward", "walk_stop", "hide", "chase", "follow", "meet"),
    ),
    "rat": subject("critter", "rat/mouse", "只 老鼠", "gray", True),
    "snake": subject(
        "critter", "snake", "条 蛇", "green", True, lacks=("run", "chase", "fall_over")
    ),
    "spider": subject("critter", "spider", "只 蜘蛛", "black", True, lacks=("run", "chase")),
    "koi": subject("fish", "koi", "条 锦鲤", "red", True, _LEAPER),
    "puffer": subject("fish", "pufferfish", "条 河豚", "yellow", True),
    "shark": subject("fish", "shark", "条 鲨鱼", "gray", True, _LEAPER),
    "bluetang": subject("fish", "blue tang/surgeonfish", "条 蓝吊鱼/吊鱼", "blue"),
    "goldfish": subject("fish", "goldfish", "条 金鱼", "yellow"),
    "whale": subject("fish", "whale", "头 鲸鱼/鲸", "blue", True, _LEAPER),
    "manta_ray": subject("fish", "manta ray/manta", "条 蝠鲼/魔鬼鱼", "black", True),
    "sportscar": subject("car", "sports car", "辆 跑车", "blue", True),
    "cop": subject("car", "police car/cop car", "辆 警车", extra=("chase", "follow")),
    "sailing_ship": subject("boat", "sailing ship/tall ship", "艘 帆船/大帆船"),
    "cruise_ship": subject("boat", "ship/cruise ship", "艘 轮船/邮轮"),
    "viking_boat": subject("boat", "viking ship/longship", "艘 维京船/海盗船"),
    "rowing_boat": subject("boat", "rowing boat/rowboat", "艘 小船/划艇", "brown", True),
    "wasp": subject("flyer", "wasp", "只 黄蜂/马蜂", "yellow", True),
    "dragon": subject("flyer", "dragon", "条 龙/飞龙", "red", True),
}
