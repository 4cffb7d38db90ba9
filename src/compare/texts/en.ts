import type { StudyProblem } from '../study/studyError';
import type { Choice, Question } from '../study/vote';

const questions: Record<Question, string> = {
  texture: 'Whose single frames look better?',
  motion: 'Whose motion is more real?',
  text: 'Which fits the text better?',
  overall: 'Which do you prefer, all in all?',
};

const questionNames: Record<Question, string> = {
  texture: 'Texture',
  motion: 'Motion',
  text: 'Fit to the text',
  overall: 'Overall',
};

const choices: Record<Choice, string> = { left: 'Left', same: 'Same', right: 'Right' };

const problems: Record<StudyProblem, (where: string, detail: string) => string> = {
  clipsFile: (folder, rule) =>
    `clips.json of “${folder}” cannot be used: ${rule}. Draw the folder again with npm run generate.`,
  noFolder: (folder) =>
    `“${folder}” holds no clips.json. Choose a folder written by npm run generate -- --prompts FILE --out FOLDER.`,
  missingVideo: (folder, files) =>
    `“${folder}” lacks clips that its clips.json names (${files}). They are left out.`,
  sameName: (folder) =>
    `There is already a folder named “${folder}”. Rename one: results tell folders by their names.`,
  noPairs: (folders) =>
    `The folders (${folders}) have no prompt with the same seed in common. Draw them from one file of prompts with the same --seed.`,
  noVideo: (prompt) =>
    `This browser cannot play a clip of “${prompt}”. Skip it, or use another browser.`,
  csvHeader: (file, columns) =>
    `“${file}” is no file of votes: it lacks the columns ${columns}. Choose a CSV that this page saved.`,
  storage: () =>
    'The browser does not keep your votes (storage is off or full). Save the CSV before you close this page.',
};

export const compareEn = {
  title: 'Blind comparison',
  tagline: 'Two clips of one sentence. Say which is better, without knowing whose it is.',
  privacy: 'Clips and votes stay on your computer.',
  app: 'To Flipbook',
  start: {
    folders: 'Folders of clips',
    help: 'Choose two or more folders, or one that holds them, or drop them here. npm run generate -- --prompts FILE --out FOLDER writes such folders.',
    choose: 'Choose folder',
    remove: 'Remove all',
    loaded: (folders: number, pairs: number) =>
      `${folders} ${folders === 1 ? 'folder' : 'folders'}, ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} of clips.`,
    oneMore: 'Choose one more folder to compare with.',
    rater: 'Your name or number in the results',
    begin: 'Begin',
    goOn: (answered: number, total: number) => `Go on (${answered} of ${total} answered)`,
    done: 'You have answered every pair of these folders.',
    unblinded:
      'You have seen results, so further votes would not be blind. The next rater can begin.',
    nextRater: 'Next rater',
    votes: 'Votes',
    kept: (votes: number, raters: number) =>
      `${votes} ${votes === 1 ? 'vote' : 'votes'} of ${raters} ${raters === 1 ? 'rater' : 'raters'} in this browser. They stay when you reload; choose the folders again to go on.`,
    import: 'Add CSV files',
    results: 'Results',
    resultsWarning: 'Results show which folder is which: your own voting ends with them.',
  },
  vote: {
    progress: (answered: number, total: number) => `${answered + 1} of ${total}`,
    left: 'Left clip',
    right: 'Right clip',
    pause: 'Pause',
    play: 'Play',
    replay: 'Replay',
    questions,
    choices,
    next: 'Next pair',
    skip: 'Skip for now',
    stop: 'Pause voting',
    keys: 'Keys: 1 left, 2 same, 3 right; R replay; S skip; Enter next.',
  },
  results: {
    title: 'Results',
    none: 'There are no votes yet.',
    pair: (first: string, second: string) => `${first} against ${second}`,
    counts: (votes: number, raters: number) =>
      `${votes} ${votes === 1 ? 'vote' : 'votes'} of ${raters} ${raters === 1 ? 'rater' : 'raters'}`,
    question: 'Question',
    prefers: (system: string) => `for ${system}`,
    same: 'same',
    share: (system: string) => `Share of ${system}`,
    questionNames,
    help: 'Share of the votes that chose a side, with the 95 % interval of Wilson. It takes votes as independent; few raters with many votes each make it too narrow. An interval without 50 % is a clear preference.',
    undecided: 'nobody chose',
    export: 'Save CSV',
    back: 'Back',
  },
  imported: (file: string, added: number, duplicates: number, conflicts: number) =>
    `${file}: ${added} added, ${duplicates} already there, ${conflicts} already there with other answers (the first stay).`,
  badRow: (line: number, rule: string) => `Line ${line} was left out: ${rule}.`,
  problems,
};

export type CompareTexts = typeof compareEn;
