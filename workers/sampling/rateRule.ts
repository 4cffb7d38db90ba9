/** Key frame rate from the prompt: the lowest rate at which five frames cover the whole action. */
import { englishForms } from '../../src/shared/englishForms';
import type { ModelManifest } from '../../src/shared/manifest';

const ENGLISH_WORD = /[a-z]+(?:['’][a-z]+)*/g;
const HAS_ENGLISH = /[a-z]/;

/**
 * The rate of the manifest's rules for this prompt, frames per second. English words match whole
 * words in any inflection, Chinese words match anywhere. Several matches: the lowest rate, so that
 * the longest action is covered. None: the manifest's default.
 */
export function keyRateFor(
  prompt: string,
  manifest: Pick<ModelManifest, 'rateRules' | 'defaultKeyRate'>,
): number {
  const text = prompt.normalize('NFKC').toLowerCase();
  const forms = (text.match(ENGLISH_WORD) ?? []).map(englishForms);
  const matches = (word: string): boolean =>
    HAS_ENGLISH.test(word)
      ? matchesPhrase(word.toLowerCase().split(/\s+/), forms)
      : text.includes(word);
  const rates = manifest.rateRules
    .filter((rule) => rule.words.some(matches))
    .map((rule) => rule.framesPerSecond);
  return rates.length === 0 ? manifest.defaultKeyRate : Math.min(...rates);
}

/** True when the words of `phrase` follow each other in the prompt, in any inflection. */
function matchesPhrase(phrase: string[], forms: readonly string[][]): boolean {
  return forms.some((_, start) =>
    phrase.every((word, offset) => forms[start + offset]?.includes(word) === true),
  );
}
