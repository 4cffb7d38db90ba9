import type { LinkProblem } from '../state/settings';
import { useTexts } from './texts/TextsContext';

interface LinkNoticeProps {
  problems: readonly LinkProblem[];
  onDismiss: () => void;
}

/** Names the fields of the link that were not usable. */
export function LinkNotice({ problems, onDismiss }: LinkNoticeProps) {
  const texts = useTexts();
  if (problems.length === 0) return null;
  return (
    <section className="notice" role="alert">
      <div>
        <p>
          <strong>{texts.link.title}</strong>
        </p>
        <ul>
          {problems.map((problem) => (
            <li key={problem.field}>{texts.link.problem(problem)}</li>
          ))}
        </ul>
      </div>
      <button type="button" onClick={onDismiss}>
        {texts.link.dismiss}
      </button>
    </section>
  );
}
