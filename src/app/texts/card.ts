import type { KnownGroup } from '../../shared/modelCard';

const groupsEn: Record<KnownGroup, string> = {
  subjects: 'Subjects',
  actions: 'Actions',
  places: 'Places',
  colours: 'Colours',
  times: 'Times of day',
  weathers: 'Weather',
  cameras: 'Camera',
};

/** Texts of the model card. */
export const cardEn = {
  groups: groupsEn,
  use: (word: string, example: string) => `Put “${word}” into the prompt. Example: ${example}`,
  used: (word: string) => `“${word}” is in the prompt now.`,
  allWords: 'All words of its captions',
  limits: 'What it does not know',
  figures: 'How well it draws',
  noFigures: 'Not measured yet.',
  figure: 'Figure',
  drawn: 'Drawn',
  ceiling: 'Ceiling',
  floor: 'Floor',
  clips: 'Clips',
  figuresHelp:
    'Ceiling: the same figure of real clips after the picture tokenizer. ' +
    'Floor: against captions of other clips. Brackets: 95 % intervals.',
  data: 'Trained on',
  licences: 'Licences and credits',
  licence: (name: string, by: string) => `${name}, ${by}`,
  cost: 'What its training took',
  minutes: (minutes: number, hardware: string) => `${minutes} minutes on ${hardware}`,
  part: (minutes: number, steps: number, before: number) =>
    `${minutes} min, ${steps} steps${before > 0 ? `, after ${before} min before` : ''}`,
  startedFrom: 'Went on from version',
  command: 'Command',
  commit: 'Commit',
  dataHash: (name: string) => `SHA-256, ${name}`,
};

export type CardTexts = typeof cardEn;

export const cardZh: CardTexts = {
  groups: {
    subjects: '主体',
    actions: '动作',
    places: '地点',
    colours: '颜色',
    times: '时间',
    weathers: '天气',
    cameras: '镜头',
  },
  use: (word, example) => `把“${word}”加进提示词。例如：${example}`,
  used: (word) => `“${word}”已加进提示词。`,
  allWords: '训练文字里的全部词语',
  limits: '它不会的',
  figures: '它画得怎么样',
  noFigures: '还没有测量。',
  figure: '指标',
  drawn: '所画',
  ceiling: '上限',
  floor: '下限',
  clips: '片数',
  figuresHelp:
    '上限：真实短片经过图像词元器之后的同一指标。下限：与别的短片的文字对照。括号内为 95% 区间。',
  data: '训练数据',
  licences: '许可证与致谢',
  licence: (name, by) => `${name}，${by}`,
  cost: '训练代价',
  minutes: (minutes, hardware) => `${minutes} 分钟，${hardware}`,
  part: (minutes, steps, before) =>
    `${minutes} 分钟，${steps} 步${before > 0 ? `，此前 ${before} 分钟` : ''}`,
  startedFrom: '接续版本',
  command: '命令',
  commit: '提交',
  dataHash: (name) => `SHA-256，${name}`,
};
