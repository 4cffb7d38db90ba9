/** Words that carry grammar rather than a subject: never marked as unknown. */

export const ENGLISH_FUNCTION_WORDS: readonly string[] = (
  'a an the this that these those its his her their our my your it he she they we i you ' +
  'is are was were be been being am do does did has have had will would can could ' +
  'and or but then while as so if when where which who whose what how not no ' +
  'at in on of to from by with without into onto over under near beside next behind before ' +
  'after up down out off through across along around about for there here again slowly quickly ' +
  'one two three some any all both each every very more other just also still until during'
).split(' ');

export const CHINESE_FUNCTION_WORDS: readonly string[] = (
  '的 地 得 了 着 过 在 是 有 和 与 跟 同 及 或 而 也 都 就 又 再 还 很 把 被 从 向 往 朝 到 对 给 让 ' +
  '里 上 下 中 内 外 边 旁 旁边 前 后 左 右 面 处 间 时 这 那 它 他 她 我 你 们 个 只 头 匹 条 辆 位 名 ' +
  '一 二 两 三 几 某 每 正 正在 一个 一只 一头 一匹 一条 一辆 一位 一名 然后 接着 之后 以后 慢慢 不 没 ' +
  '来 去 起来 上面 下面 里面 外面 前面 后面'
).split(' ');
