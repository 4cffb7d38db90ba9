import { useEffect } from 'react';
import { useStore } from 'zustand';
import { Header } from '../app/Header';
import { TEXTS, TextsContext } from '../app/texts/TextsContext';
import { usePreferences } from '../app/usePreferences';
import { ResultsView } from './ResultsView';
import { StartView } from './StartView';
import { progressOf, type StudyActions, type StudyStore } from './studyStore';
import { COMPARE_TEXTS, CompareTextsContext } from './texts/CompareTextsContext';
import { VoteView } from './VoteView';

interface CompareAppProps {
  store: StudyStore;
  actions: StudyActions;
}

/** The comparison page: folders, votes or results, in the language and light of the app. */
export function CompareApp({ store, actions }: CompareAppProps) {
  const { language, theme, chooseLanguage, chooseTheme } = usePreferences();
  const texts = COMPARE_TEXTS[language];
  useEffect(() => {
    document.title = `Flipbook: ${texts.title}`;
  }, [texts]);
  return (
    <TextsContext value={TEXTS[language]}>
      <CompareTextsContext value={texts}>
        <Header
          language={language}
          theme={theme}
          tagline={texts.tagline}
          onLanguage={chooseLanguage}
          onTheme={chooseTheme}
        />
        <main className="compare">
          <h2 className="visually-hidden">{texts.title}</h2>
          <View store={store} actions={actions} />
        </main>
        <footer className="footer">
          {texts.privacy} <a href="./">{texts.app}</a>
        </footer>
      </CompareTextsContext>
    </TextsContext>
  );
}

function View({ store, actions }: CompareAppProps) {
  const state = useStore(store);
  const progress = progressOf(state);
  if (state.view === 'results') return <ResultsView state={state} actions={actions} />;
  if (state.view === 'start' || !progress.trial) {
    return <StartView state={state} progress={progress} actions={actions} />;
  }
  const { trial } = progress;
  // A new trial is a new form: no answer of the last one is left in it.
  const turn = `${progress.answered} ${state.skipped.length}`;
  return <VoteView key={turn} trial={trial} state={state} progress={progress} actions={actions} />;
}
