import type { Failure } from '../state/failure';
import { useTexts } from './texts/TextsContext';

/** What went wrong and what to do about it. A translated hint goes before the original words. */
export function FailureText({ failure }: { failure: Failure }) {
  const texts = useTexts();
  const hint = texts.errorHints[failure.kind];
  return (
    <div className="failure-text">
      <p>
        <strong>{texts.errors[failure.kind]}</strong>
      </p>
      {hint && <p>{hint}</p>}
      <p lang="en" className={hint ? 'hint' : undefined}>
        {failure.message}
      </p>
    </div>
  );
}
