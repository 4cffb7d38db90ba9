/** Votes as a CSV file and back. */
import { csvLine, readCsv } from './csv';
import { StudyError } from './studyError';
import { CHOICES, QUESTIONS, type Answers, type Choice, type Vote } from './vote';

const COLUMNS = [
  'rater',
  'rater_seed',
  'time',
  'prompt',
  'seed',
  'left',
  'left_model',
  'right',
  'right_model',
  ...QUESTIONS,
  'replays',
  'seconds',
] as const;
type Column = (typeof COLUMNS)[number];

/** The whole file, with a byte order mark: spreadsheets then read Chinese prompts right. */
export function votesToCsv(votes: readonly Vote[]): string {
  const lines = votes.map((vote) => {
    const cells: Record<Column, string | number> = {
      rater: vote.rater,
      rater_seed: vote.raterSeed,
      time: vote.time,
      prompt: vote.prompt,
      seed: vote.seed ?? '',
      left: vote.left.system,
      left_model: vote.left.model,
      right: vote.right.system,
      right_model: vote.right.model,
      ...vote.answers,
      replays: vote.replays,
      seconds: vote.seconds,
    };
    return csvLine(COLUMNS.map((column) => cells[column]));
  });
  return `\uFEFF${[csvLine(COLUMNS), ...lines].join('\r\n')}\r\n`;
}

export interface ReadVotes {
  votes: Vote[];
  /** Rows that could not be read, with the reason; the others are not touched by them. */
  problems: { line: number; rule: string }[];
}

/**
 * Reads a file of votes, columns in any order.
 *
 * @param file its name, for the message
 * @throws StudyError csvHeader when columns are missing: then no row can be read
 */
export function votesFromCsv(text: string, file: string): ReadVotes {
  const [header, ...rows] = readCsv(text);
  const names = header?.cells.map((name) => name.trim()) ?? [];
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) throw new StudyError('csvHeader', file, missing.join(', '));
  const read: ReadVotes = { votes: [], problems: [] };
  for (const { line, cells } of rows) {
    const row = Object.fromEntries(
      COLUMNS.map((column) => [column, cells[names.indexOf(column)] ?? '']),
    ) as Record<Column, string>;
    const vote = readVote(row);
    if (typeof vote === 'string') read.problems.push({ line, rule: vote });
    else read.votes.push(vote);
  }
  return read;
}

/** The vote of a row, or the rule that the row breaks. */
function readVote(row: Record<Column, string>): Vote | string {
  for (const column of ['rater', 'prompt', 'left', 'right'] as const) {
    if (row[column].trim() === '') return `${column} is empty`;
  }
  if (row.left === row.right) return 'left and right are the same';
  if (Number.isNaN(Date.parse(row.time))) return `time is no date: "${row.time}"`;
  const numbers = { seed: NaN, rater_seed: NaN, replays: NaN, seconds: NaN };
  for (const column of ['seed', 'rater_seed', 'replays', 'seconds'] as const) {
    const text = row[column].trim();
    if (text === '' && column === 'seed') continue;
    numbers[column] = text === '' ? NaN : Number(text);
    if (!(numbers[column] >= 0)) return `${column} is no number from 0: "${text}"`;
  }
  const answers: Partial<Answers> = {};
  for (const question of QUESTIONS) {
    const choice = CHOICES.find((candidate) => candidate === row[question].trim());
    if (!choice) return `${question} must be one of ${CHOICES.join(', ')}: "${row[question]}"`;
    answers[question] = choice;
  }
  return {
    rater: row.rater,
    raterSeed: numbers.rater_seed,
    time: row.time,
    prompt: row.prompt,
    seed: Number.isNaN(numbers.seed) ? null : numbers.seed,
    left: { system: row.left, model: row.left_model },
    right: { system: row.right, model: row.right_model },
    answers: answers as Record<keyof Answers, Choice>,
    replays: numbers.replays,
    seconds: numbers.seconds,
  };
}
