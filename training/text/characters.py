"""Characters that every caption tokenizer has as pieces of their own."""

ASCII = "".join(chr(c) for c in range(0x21, 0x7F) if not chr(c).isupper())

# The toy world's planned vocabulary beyond what the first captions say: subjects, actions, places,
# colours, measure words. A word that no caption taught still reaches the model as its characters.
CHINESE = (
    "一三上下不丑两个中举乌云交亮人从仙企伞侠倒停僵兔入公兽农冲出击划列刮到刺剑副动北匙匹升卜"
    "卡原去又变只右吃吊名后向员呼和咖哈啡喝器回团圣在地场坐块型城堡士壶外夜大天太失头奇女奶始"
    "子孔它宇小尸山左巨巫市帆师帐带并幼幽庄底座开弯弹彩很忍快恐慢成房手扑扔托把护披拉拍拖挥捡"
    "掉掌推摩撞救斑斗旋日时明星晚景月有朝木朵机杂村条来杯松板极林枚果架柴栉树根棕森棵椅榈橇橙"
    "欢正步段母毛气水汉汽沉沙河泳浪海消渐游湖滑滚滩漠火灰灵烈烛热然熊牛物犀犬狐狗独狮狸狼猛猩"
    "猪猫猬猴王玩玫环现球瑰瓜瓢电男白的盒直相着睡碟礼离秋租移空突站章筋筝箭篮篷粉精糕紫红级纯"
    "绕绿羊美翻老考者而耍背胡腰自舞舟航船艇艘色花苗英苹茶草菇萝萨落葵蒸蓝蕉蘑虎虫虹虾蛇蛋蛙蛛"
    "蛮蜂蜗蜘蜜蜡蝙蝠蝴蝶螃蟹行街袋西视觉角警诞豚象豹赛走起超越足跃跑跟路跳踢蹦躲躺车转轮辆边"
    "迅过近远追选逐道郁里重野金钥钱铃铛锦镜长间防阳降随雀雄雨雪雷雾霸青面顶颈频颗风飞香马驴驶"
    "驼骆骑鱼鱿鲤鲨鲸鲼鸟鸡鸭鸽鹅鹉鹦鹰鹿黄黎黑鼠龙龟"
)
