import { Header } from './Header';
import { TEXTS, TextsContext } from './texts/TextsContext';
import { Unsupported } from './Unsupported';
import { usePreferences } from './usePreferences';
import { Workspace } from './Workspace';

/** The page: its head, and the desk or the reason why there is none. */
export function App({ missing }: { missing: readonly string[] }) {
  const { language, theme, chooseLanguage, chooseTheme } = usePreferences();
  const texts = TEXTS[language];
  return (
    <TextsContext value={texts}>
      <Header language={language} theme={theme} onLanguage={chooseLanguage} onTheme={chooseTheme} />
      <main>{missing.length > 0 ? <Unsupported missing={missing} /> : <Workspace />}</main>
      <footer className="footer">
        {texts.privacy} <a href="compare.html">{texts.compare}</a>
      </footer>
    </TextsContext>
  );
}
