import type { Texts } from './texts/en';

/** Decimal megabytes, e.g. "12.3 MB"; small sizes in kB. */
export function fileSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Whole seconds below a minute, minutes and seconds above. */
export function duration(seconds: number, texts: Texts): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return texts.progress.seconds(whole);
  return texts.progress.minutes(Math.floor(whole / 60), whole % 60);
}
