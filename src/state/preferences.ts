/** What the page remembers between visits: language and light. Works without storage too. */
export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** 'auto' follows the system. */
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const LANGUAGE_KEY = 'flipbook:language';
const THEME_KEY = 'flipbook:theme';

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage is switched off.
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off or full: the choice holds until the page is closed.
  }
}

/** The chosen language, else the browser's: Chinese for any kind of Chinese, English otherwise. */
export function initialLanguage(browserLanguage: string): Language {
  const chosen = LANGUAGES.find((language) => language === read(LANGUAGE_KEY));
  return chosen ?? (browserLanguage.toLowerCase().startsWith('zh') ? 'zh' : 'en');
}

export function rememberLanguage(language: Language): void {
  write(LANGUAGE_KEY, language);
}

export function initialTheme(): Theme {
  return THEMES.find((theme) => theme === read(THEME_KEY)) ?? 'auto';
}

export function rememberTheme(theme: Theme): void {
  write(THEME_KEY, theme);
}
