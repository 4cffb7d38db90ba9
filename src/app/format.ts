import type { Texts } from './texts/en';

/** Decimal megabytes, e.g. "12.3 MB"; small sizes in kB, large ones in GB. */
export function fileSize(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Names of languages in the page's own, e.g. "English, Chinese"; a tag that is none stays. */
export function languageNames(tags: readonly string[], texts: Texts): string {
  const { code } = texts.language;
  const names = new Intl.DisplayNames(code, { type: 'language' });
  const name = (tag: string): string => {
    try {
      return names.of(tag) ?? tag;
    } catch {
      return tag;
    }
  };
  return tags.map(name).join(code === 'zh' ? '、' : ', ');
}

/** Whole seconds below a minute, minutes and seconds above. */
export function duration(seconds: number, texts: Texts): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return texts.progress.seconds(whole);
  return texts.progress.minutes(Math.floor(whole / 60), whole % 60);
}
