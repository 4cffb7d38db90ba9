import type { UnknownSpan } from '../shared/protocol';
import { useTexts } from './texts/TextsContext';

/** The words of the prompt that the model never saw, each once. */
export function UnknownWords({ unknown }: { unknown: readonly UnknownSpan[] }) {
  const texts = useTexts();
  const words = [...new Set(unknown.map((span) => span.text))];
  return (
    <div className="unknown-words">
      <p>
        <strong>{texts.prompt.unknownTitle}: </strong>
        {words.map((word, index) => (
          <span key={word}>
            {index > 0 && ', '}
            <mark>{word}</mark>
          </span>
        ))}
      </p>
      <p className="hint">{texts.prompt.unknownHelp}</p>
    </div>
  );
}
