/** What a model is shown of a prompt: the prompt without the words that it never saw. */
import { FlipbookError } from './errors';
import type { ExamplePrompt, KnownWords } from './manifest';
import { hasWordList, promptParts, type PromptPart } from './promptParts';
import { unknownSpans } from './unknownSpans';

/** Grammar that belongs to what follows it and makes no sense without. */
const LEADING = new Set(
  (
    'a an the this that these those its his her their our my your and or with without of at in on ' +
    'to by from into onto over under near beside behind before after through across along around ' +
    '在 向 往 从 朝 到 对 和 与 跟 同 及 或 而 把 被'
  ).split(' '),
);
/** Chinese grammar that belongs to what it follows. */
const TRAILING = new Set(
  '的 地 得 里 里面 上 上面 下 下面 中 内 外 外面 旁 旁边 边 前 后 面 处 间'.split(' '),
);
const LONGEST_QUOTE = 60;

/**
 * The prompt as the model reads it. Unknown words are left out, with the article and the
 * preposition that belonged to them alone; other inflections become the learned ones. A prompt of learned words
 * only, such as any training caption, comes back as it is, and so does every prompt of a package
 * without a word list.
 */
export function knownPrompt(prompt: string, known: KnownWords): string {
  if (!hasWordList(known)) return prompt;
  const parts = promptParts(prompt, known);
  if (parts.every(({ text, shown }) => text === shown)) return prompt;
  dropTrailing(parts);
  dropLeading(parts);
  return parts
    .map(({ shown }) => shown)
    .join('')
    .replace(/\s+/gu, ' ')
    .replace(/\s+(?=[,.;:!?，。；：！？、])/gu, '')
    .replace(/^[\s,.;:!?，。；：！？、]+|\s+$/gu, '');
}

/** Throws InvalidPrompt when no word of the prompt is known: there is nothing to draw. */
export function checkKnown(
  prompt: string,
  known: KnownWords,
  examples: readonly ExamplePrompt[],
): void {
  if (!hasWordList(known)) return;
  if (promptParts(prompt, known).some(({ kind }) => kind === 'known')) return;
  const quoted = prompt.length > LONGEST_QUOTE ? `${prompt.slice(0, LONGEST_QUOTE)}…` : prompt;
  const near = [...new Set(unknownSpans(prompt, known).flatMap((span) => span.near))];
  const meant = near.length > 0 ? ` Perhaps you meant: ${near.join(', ')}.` : '';
  const chinese = /\p{Script=Han}/u.test(prompt);
  const fitting = examples.find(({ language }) => (language === 'zh') === chinese) ?? examples[0];
  const example = fitting ? ` For example: ${fitting.text}` : '';
  throw new FlipbookError(
    'InvalidPrompt',
    `The model knows no word of “${quoted}”.${meant} Use words that it learned.${example}`,
  );
}

/** 在图书馆里 without 图书馆: 里 goes too. */
function dropTrailing(parts: PromptPart[]): void {
  let follows = false;
  for (const part of parts) {
    follows = part.kind === 'unknown' || (follows && TRAILING.has(part.text));
    if (follows) part.shown = '';
  }
}

/**
 * "with a hat in the forest" without "hat": "with a" goes too. Only where no known word follows that
 * it may belong to: "a fluffy lion" keeps its "a".
 */
function dropLeading(parts: PromptPart[]): void {
  let nounFollows = false;
  let dropping = false;
  for (const part of parts.toReversed()) {
    if (part.kind === 'known') [nounFollows, dropping] = [true, false];
    else if (part.kind === 'unknown') dropping ||= !nounFollows;
    else if (part.kind === 'sign') {
      if (/[^\s]/u.test(part.text)) [nounFollows, dropping] = [false, false];
    } else if (dropping && LEADING.has(part.text.toLowerCase())) part.shown = '';
    else [nounFollows, dropping] = [false, false];
  }
}
