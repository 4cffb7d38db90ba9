import { Fragment } from 'react';
import type { UnknownSpan } from '../shared/protocol';
import { useTexts } from './texts/TextsContext';

interface UnknownWordsProps {
  unknown: readonly UnknownSpan[];
  /** Puts a learned word in the place of an unknown one, wherever that stands. */
  onReplace: (unknown: string, word: string) => void;
}

/** The words of the prompt that the model never saw, each once, and learned words like them. */
export function UnknownWords({ unknown, onReplace }: UnknownWordsProps) {
  const texts = useTexts();
  const words = [...new Map(unknown.map((span) => [span.text, span])).values()];
  const suggestions = words.flatMap(({ text, near }) => near.map((word) => ({ text, word })));
  return (
    <div className="unknown-words">
      <p>
        <strong>{texts.prompt.unknownTitle}: </strong>
        {words.map(({ text }, index) => (
          <Fragment key={text}>
            {index > 0 && ', '}
            <mark>{text}</mark>
          </Fragment>
        ))}
      </p>
      {suggestions.length > 0 && (
        <div className="suggestions">
          <span>{texts.prompt.meant}</span>
          <ul className="chips">
            {suggestions.map(({ text, word }) => (
              <li key={`${text} ${word}`}>
                <button
                  type="button"
                  className="chip"
                  title={texts.prompt.replace(text, word)}
                  onClick={() => onReplace(text, word)}
                >
                  {word}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="hint">{texts.prompt.unknownHelp}</p>
    </div>
  );
}
