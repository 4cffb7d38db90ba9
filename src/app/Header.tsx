import { THEMES, type Language, type Theme } from '../state/preferences';
import { PegBarIcon, ThemeIcon } from './icons';
import { TEXTS, useTexts } from './texts/TextsContext';

interface HeaderProps {
  language: Language;
  theme: Theme;
  /** Of another page than the app itself. */
  tagline?: string;
  onLanguage: (language: Language) => void;
  onTheme: (theme: Theme) => void;
}

export function Header({ language, theme, tagline, onLanguage, onTheme }: HeaderProps) {
  const texts = useTexts();
  const other: Language = language === 'en' ? 'zh' : 'en';
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <header className="header">
      <h1 className="wordmark">
        <PegBarIcon />
        Flipbook
      </h1>
      <p className="tagline">{tagline ?? texts.tagline}</p>
      <div className="header-tools">
        <button
          type="button"
          className="quiet"
          lang={other === 'zh' ? 'zh-CN' : 'en'}
          onClick={() => onLanguage(other)}
        >
          {TEXTS[other].languageName}
        </button>
        <button
          type="button"
          className="quiet icon-button"
          aria-label={`${texts.theme.label}: ${texts.theme[theme]}`}
          title={`${texts.theme.label}: ${texts.theme[theme]}`}
          onClick={() => onTheme(next)}
        >
          <ThemeIcon theme={theme} />
        </button>
      </div>
    </header>
  );
}
