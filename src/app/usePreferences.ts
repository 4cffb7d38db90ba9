import { useEffect, useState } from 'react';
import {
  initialLanguage,
  initialTheme,
  rememberLanguage,
  rememberTheme,
  type Language,
  type Theme,
} from '../state/preferences';

/** Language and light of the page, applied to the document and remembered. */
export function usePreferences() {
  const [language, setLanguage] = useState<Language>(() => initialLanguage(navigator.language));
  const [theme, setTheme] = useState<Theme>(initialTheme);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return {
    language,
    theme,
    chooseLanguage: (chosen: Language) => {
      rememberLanguage(chosen);
      setLanguage(chosen);
    },
    chooseTheme: (chosen: Theme) => {
      rememberTheme(chosen);
      setTheme(chosen);
    },
  };
}
