import type { CompareTexts } from './en';

export const compareZh: CompareTexts = {
  title: '盲测比较',
  tagline: '同一句话的两条短片，在不知道出处的情况下选出更好的一条。',
  privacy: '短片和选择都留在您的电脑里。',
  app: '回到 Flipbook',
  start: {
    folders: '短片文件夹',
    help: '选择两个以上的文件夹，或一个包含它们的文件夹，也可以拖到这里。这样的文件夹由 npm run generate -- --prompts FILE --out FOLDER 写出。',
    choose: '选择文件夹',
    remove: '全部移除',
    loaded: (folders, pairs) => `${folders} 个文件夹，${pairs} 对短片。`,
    oneMore: '请再选一个文件夹来比较。',
    rater: '您在结果中的名字或编号',
    begin: '开始',
    goOn: (answered, total) => `继续（已答 ${answered} / ${total}）`,
    done: '这些文件夹里的每一对您都答过了。',
    unblinded: '您已看过结果，再选就不是盲测了。请下一位开始。',
    nextRater: '下一位',
    votes: '选择记录',
    kept: (votes, raters) =>
      `此浏览器里有 ${raters} 人的 ${votes} 次选择。刷新后仍在；要继续，请重新选择文件夹。`,
    import: '添加 CSV 文件',
    results: '结果',
    resultsWarning: '结果会显示各文件夹的名字，您自己的盲测到此结束。',
  },
  vote: {
    progress: (answered, total) => `第 ${answered + 1} 对，共 ${total} 对`,
    left: '左边的短片',
    right: '右边的短片',
    pause: '暂停',
    play: '播放',
    replay: '重放',
    questions: {
      texture: '哪一条的单帧画面更好？',
      motion: '哪一条的动作更真实？',
      text: '哪一条更符合文字？',
      overall: '总的来说您更喜欢哪一条？',
    },
    choices: { left: '左', same: '一样', right: '右' },
    next: '下一对',
    skip: '先跳过',
    stop: '暂停答题',
    keys: '按键：1 左，2 一样，3 右；R 重放；S 跳过；Enter 下一对。',
  },
  results: {
    title: '结果',
    none: '还没有选择记录。',
    pair: (first, second) => `${first} 对 ${second}`,
    counts: (votes, raters) => `${raters} 人的 ${votes} 次选择`,
    question: '问题',
    prefers: (system) => `选 ${system}`,
    same: '一样',
    share: (system) => `${system} 的比例`,
    questionNames: { texture: '画质', motion: '动作', text: '符合文字', overall: '总体' },
    help: '比例只计选了某一边的票，并附 Wilson 95% 区间。区间假设各票相互独立；人少票多时会偏窄。区间不含 50% 才算明显偏好。',
    undecided: '没有人选边',
    export: '保存 CSV',
    back: '返回',
  },
  imported: (file, added, duplicates, conflicts) =>
    `${file}：新增 ${added}，已有 ${duplicates}，已有但答案不同 ${conflicts}（保留先前的）。`,
  badRow: (line, rule) => `第 ${line} 行被略去：${rule}。`,
  problems: {
    clipsFile: (folder, rule) =>
      `“${folder}”的 clips.json 无法使用：${rule}。请用 npm run generate 重新生成。`,
    noFolder: (folder) =>
      `“${folder}”里没有 clips.json。请选择由 npm run generate -- --prompts FILE --out FOLDER 写出的文件夹。`,
    missingVideo: (folder, files) =>
      `“${folder}”缺少 clips.json 中列出的短片（${files}），已略去它们。`,
    sameName: (folder) => `已经有一个名为“${folder}”的文件夹。请改名：结果按名字区分文件夹。`,
    noPairs: (folders) =>
      `这些文件夹（${folders}）没有提示词和种子都相同的短片。请用同一份提示词文件和同一个 --seed 生成。`,
    noVideo: (prompt) => `此浏览器不能播放“${prompt}”的一条短片。请跳过，或换一个浏览器。`,
    csvHeader: (file, columns) =>
      `“${file}”不是选择记录：缺少列 ${columns}。请选择本页保存的 CSV。`,
    storage: () => '浏览器没有保存您的选择（存储已关闭或已满）。关闭页面前请保存 CSV。',
  },
};
