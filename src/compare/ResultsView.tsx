import { Notices } from './Notices';
import { PreferenceBar } from './PreferenceBar';
import { saveText } from './saveText';
import { ImportButton } from './StartView';
import { pairResults, type PairResult, type Preference } from './study/results';
import { QUESTIONS } from './study/vote';
import { votesToCsv } from './study/votesCsv';
import type { StudyActions, StudyState } from './studyStore';
import { useCompareTexts } from './texts/CompareTextsContext';

interface ResultsViewProps {
  state: StudyState;
  actions: StudyActions;
}

/** Preferences of all kept votes, pair of systems by pair; import and export. */
export function ResultsView({ state, actions }: ResultsViewProps) {
  const { results } = useCompareTexts();
  const pairs = pairResults(state.votes);
  const save = (): void => saveText('votes.csv', 'text/csv', votesToCsv(state.votes));
  return (
    <div className="compare-results">
      <Notices problems={state.problems} imports={state.imports} />
      <section className="panel">
        <h3>{results.title}</h3>
        {pairs.length === 0 && <p>{results.none}</p>}
        <p className="hint">{results.help}</p>
        <div className="button-row">
          <button type="button" className="primary" disabled={pairs.length === 0} onClick={save}>
            {results.export}
          </button>
          <ImportButton actions={actions} />
          <button type="button" onClick={actions.toStart}>
            {results.back}
          </button>
        </div>
      </section>
      {pairs.map((pair) => (
        <PairTable key={`${pair.first}\n${pair.second}`} pair={pair} />
      ))}
    </div>
  );
}

function PairTable({ pair }: { pair: PairResult }) {
  const { results } = useCompareTexts();
  const { first, second, votes, raters, preferences } = pair;
  const columns = [
    results.question,
    results.prefers(first),
    results.same,
    results.prefers(second),
    results.share(first),
  ];
  const title = results.pair(first, second);
  return (
    <section className="panel">
      <h3>{title}</h3>
      <p className="hint">{results.counts(votes, raters)}</p>
      <div className="table-scroll" role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {QUESTIONS.map((question) => (
              <tr key={question}>
                <th scope="row">{results.questionNames[question]}</th>
                <td>{preferences[question].first}</td>
                <td>{preferences[question].same}</td>
                <td>{preferences[question].second}</td>
                <td>
                  <Share preference={preferences[question]} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Share({ preference }: { preference: Preference }) {
  const { results } = useCompareTexts();
  const { share, low, high, first, second } = preference;
  if (first + second === 0) return <>{results.undecided}</>;
  const percent = (value: number): string => `${Math.round(100 * value)} %`;
  return (
    <>
      <PreferenceBar share={share} low={low} high={high} /> {percent(share)} [{percent(low)},{' '}
      {percent(high)}]
    </>
  );
}
