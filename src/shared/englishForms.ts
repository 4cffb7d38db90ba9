/** Simple English inflection, enough to find "jumps", "running" or "ponies" in a list of words. */

const VOWEL_FREE_DOUBLE = /([bdgklmnprtvz])\1$/;

/** Forms under which a lower-case word may stand in a word list, the word itself first. */
export function englishForms(word: string): string[] {
  const plain = word.replace(/['’]s?$/, '');
  const forms = [word, plain];
  if (plain.endsWith('ies')) forms.push(`${plain.slice(0, -3)}y`, plain.slice(0, -1));
  if (plain.endsWith('ves')) forms.push(`${plain.slice(0, -3)}f`, `${plain.slice(0, -3)}fe`);
  if (plain.endsWith('es')) forms.push(plain.slice(0, -2));
  if (plain.endsWith('s') && !plain.endsWith('ss')) forms.push(plain.slice(0, -1));
  if (plain.endsWith('ing')) forms.push(...stemForms(plain.slice(0, -3)));
  if (plain.endsWith('ied')) forms.push(`${plain.slice(0, -3)}y`);
  if (plain.endsWith('ed')) forms.push(...stemForms(plain.slice(0, -2)));
  return forms;
}

/** "runn" -> run, "driv" -> drive, "walk" -> walk; a stem needs two letters and a vowel. */
function stemForms(stem: string): string[] {
  if (stem.length < 2 || !/[aeiouy]/.test(stem)) return [];
  const forms = [stem, `${stem}e`];
  if (VOWEL_FREE_DOUBLE.test(stem)) forms.push(stem.slice(0, -1));
  return forms;
}

/**
 * The form under which a lower-case word was learned: itself, a base form of it, or the third
 * person or plural of one ("walked" -> walks); undefined when none was.
 */
export function learnedForm(word: string, learned: ReadonlySet<string>): string | undefined {
  const forms = englishForms(word);
  const inflected = forms.flatMap((form) => [`${form}s`, `${form}es`]);
  return [...forms, ...inflected].find((form) => learned.has(form));
}
