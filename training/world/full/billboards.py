"""The subjects that are one picture: they hop, roll, fly or grow, but move no limb."""

from training.world.full.subject import Subject, subject

_CREATURES = {
    "elephant": subject("creature", "elephant", "头 大象/象", "gray"),
    "giraffe": subject("creature", "giraffe", "只 长颈鹿"),
    "kangaroo": subject("creature", "kangaroo", "只 袋鼠"),
    "camel": subject("creature", "camel", "头 骆驼"),
    "penguin": subject("creature", "penguin", "只 企鹅"),
    "rabbit": subject("creature", "rabbit/bunny", "只 兔子"),
    "cat": subject("creature", "cat", "只 猫/猫咪"),
    "pig": subject("creature", "pig", "头 猪", "pink"),
    "monkey": subject("creature", "monkey", "只 猴子"),
    "gorilla": subject("creature", "gorilla", "只 大猩猩"),
    "rhinoceros": subject("creature", "rhinoceros/rhino", "头 犀牛", "gray"),
    "hippopotamus": subject("creature", "hippopotamus/hippo", "头 河马"),
    "turtle": subject("creature", "turtle/tortoise", "只 乌龟", "green"),
    "duck": subject("creature", "duck", "只 鸭子"),
    "rooster": subject("creature", "rooster", "只 公鸡"),
    "owl": subject("creature", "owl", "只 猫头鹰"),
    "flamingo": subject("creature", "flamingo", "只 火烈鸟", "pink"),
    "peacock": subject("creature", "peacock", "只 孔雀"),
    "chick": subject("creature", "chick/baby chick", "只 小鸡", "yellow"),
    "hedgehog": subject("creature", "hedgehog", "只 刺猬"),
    "squirrel": subject("creature", "squirrel/chipmunk", "只 松鼠"),
    "snowman": subject("creature", "snowman", "个 雪人", "white"),
}
_SWIMMERS = {
    "octopus": subject("swimmer", "octopus", "只 章鱼"),
    "squid": subject("swimmer", "squid", "只 鱿鱼"),
    "jellyfish": subject("swimmer", "jellyfish", "只 水母"),
    "tropical_fish": subject("swimmer", "tropical fish", "条 热带鱼"),
}
_WINGS = {
    "eagle": subject("wings", "eagle", "只 老鹰/鹰"),
    "dove": subject("wings", "dove/pigeon", "只 鸽子", "white"),
    "butterfly": subject("wings", "butterfly", "只 蝴蝶"),
    "bee": subject("wings", "bee/honeybee", "只 蜜蜂"),
    "bat": subject("wings", "bat", "只 蝙蝠"),
    "rocket": subject("wings", "rocket", "枚 火箭"),
    "helicopter": subject("wings", "helicopter", "架 直升机"),
    "airplane": subject("wings", "airplane/plane", "架 飞机"),
    "flying_saucer": subject("wings", "flying saucer/ufo", "个 飞碟"),
}
_WHEELS = {
    "bus": subject("wheels", "bus", "辆 公交车/公共汽车"),
    "fire_truck": subject("wheels", "fire truck/fire engine", "辆 消防车", "red"),
    "ambulance": subject("wheels", "ambulance", "辆 救护车"),
    "tractor": subject("wheels", "tractor", "辆 拖拉机"),
    "truck": subject("wheels", "truck/lorry", "辆 卡车/货车"),
    "motorcycle": subject("wheels", "motorcycle/motorbike", "辆 摩托车"),
    "bicycle": subject("wheels", "bicycle/bike", "辆 自行车"),
    "scooter": subject("wheels", "scooter", "辆 滑板车"),
    "race_car": subject("wheels", "race car/racing car", "辆 赛车"),
}
_BALLS = {
    "soccer_ball": subject("ball", "soccer ball/football", "个 足球"),
    "basketball": subject("ball", "basketball", "个 篮球", "orange"),
    "red_apple": subject("ball", "red apple", "个 红苹果/红色的苹果"),
    "green_apple": subject("ball", "green apple", "个 青苹果/绿苹果"),
}
_THINGS = {
    "balloon": subject("thing", "balloon", "个 气球", "red", True),
    "banana": subject("thing", "banana", "根 香蕉", "yellow"),
    "watermelon": subject("thing", "watermelon", "块 西瓜"),
    "carrot": subject("thing", "carrot", "根 胡萝卜", "orange"),
    "hamburger": subject("thing", "hamburger/burger", "个 汉堡"),
    "pizza": subject("thing", "pizza/slice of pizza", "块 披萨"),
    "cake": subject("thing", "cake/birthday cake", "个 蛋糕/生日蛋糕"),
    "teapot": subject("thing", "teapot", "个 茶壶"),
    "umbrella": subject("thing", "umbrella", "把 伞/雨伞"),
    "kite": subject("thing", "kite", "只 风筝"),
    "gift_box": subject("thing", "gift box/present", "个 礼物盒/礼物"),
    "chair": subject("thing", "chair", "把 椅子"),
    "tent": subject("thing", "tent", "顶 帐篷"),
    "house": subject("thing", "house", "座 房子"),
    "castle": subject("thing", "castle", "座 城堡"),
}
_PLANTS = {
    "evergreen_tree": subject("plant", "evergreen tree/fir tree", "棵 松树/冷杉", "green"),
    "tree": subject("plant", "tree", "棵 树/大树", "green"),
    "palm_tree": subject("plant", "palm tree", "棵 棕榈树"),
    "cactus": subject("plant", "cactus", "棵 仙人掌", "green"),
    "sunflower": subject("plant", "sunflower", "朵 向日葵", "yellow"),
    "tulip": subject("plant", "tulip", "朵 郁金香"),
    "rose": subject("plant", "rose", "朵 玫瑰", "red"),
    "mushroom": subject("plant", "mushroom", "个 蘑菇"),
    "seedling": subject("plant", "seedling/sprout", "棵 幼苗", "green"),
}
BILLBOARDS: dict[str, Subject] = {
    **_CREATURES,
    **_SWIMMERS,
    **_WINGS,
    **_WHEELS,
    **_BALLS,
    **_THINGS,
    **_PLANTS,
}
