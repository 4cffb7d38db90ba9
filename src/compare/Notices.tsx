import type { StudyState } from './studyStore';
import { useCompareTexts } from './texts/CompareTextsContext';

/** What went wrong with folders and files, and what became of imported votes. */
export function Notices({ problems, imports }: Pick<StudyState, 'problems' | 'imports'>) {
  const texts = useCompareTexts();
  return (
    <>
      <div role="alert">
        {problems.length > 0 && (
          <ul className="notice error notice-list">
            {problems.map(({ problem, where, detail }, index) => (
              <li key={index}>{texts.problems[problem](where, detail)}</li>
            ))}
          </ul>
        )}
      </div>
      <div role="status">
        {imports.map(({ file, added, duplicates, conflicts, problems: rows }, index) => (
          <ul key={index} className="notice notice-list">
            <li>{texts.imported(file, added, duplicates, conflicts)}</li>
            {rows.map(({ line, rule }) => (
              <li key={line}>{texts.badRow(line, rule)}</li>
            ))}
          </ul>
        ))}
      </div>
    </>
  );
}
