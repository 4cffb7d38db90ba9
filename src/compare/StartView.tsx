import { useId } from 'react';
import { FileButton } from './FileButton';
import { FolderPicker } from './FolderPicker';
import { Notices } from './Notices';
import type { Progress, StudyActions, StudyState } from './studyStore';
import { useCompareTexts } from './texts/CompareTextsContext';

interface StartViewProps {
  state: StudyState;
  progress: Progress;
  actions: StudyActions;
}

/** Before and between votes: folders, the rater, kept votes. */
export function StartView({ state, progress, actions }: StartViewProps) {
  return (
    <div className="compare-start">
      <Notices problems={state.problems} imports={state.imports} />
      <FolderPicker folders={state.folders} actions={actions} />
      <RaterPanel state={state} progress={progress} actions={actions} />
      <VotesPanel state={state} actions={actions} />
    </div>
  );
}

function RaterPanel({ state, progress, actions }: StartViewProps) {
  const { start } = useCompareTexts();
  const id = useId();
  const { rater } = state;
  const { trial, answered, total } = progress;
  const allDone = total > 0 && trial === null;
  const begun = state.votes.some(({ rater: name }) => name === rater.name);
  return (
    <section className="panel">
      <div className="field">
        <label htmlFor={id}>{start.rater}</label>
        <input
          id={id}
          value={rater.name}
          maxLength={60}
          // Votes are found again by this name.
          readOnly={begun}
          onChange={({ target }) => actions.nameRater(target.value)}
        />
      </div>
      {allDone && <p>{start.done}</p>}
      {rater.unblinded && <p>{start.unblinded}</p>}
      <div className="button-row">
        <button
          type="button"
          className="primary"
          disabled={trial === null || rater.unblinded || rater.name.trim() === ''}
          onClick={actions.begin}
        >
          {answered > 0 && trial ? start.goOn(answered, total) : start.begin}
        </button>
        {(begun || rater.unblinded) && (
          <button type="button" onClick={actions.nextRater}>
            {start.nextRater}
          </button>
        )}
      </div>
    </section>
  );
}

function VotesPanel({ state: { votes }, actions }: Pick<StartViewProps, 'state' | 'actions'>) {
  const { start } = useCompareTexts();
  const raters = new Set(votes.map(({ rater }) => rater)).size;
  return (
    <section className="panel">
      <h3>{start.votes}</h3>
      <p>{start.kept(votes.length, raters)}</p>
      <div className="button-row">
        <ImportButton actions={actions} />
        <button type="button" disabled={votes.length === 0} onClick={actions.showResults}>
          {start.results}
        </button>
      </div>
      <p className="hint">{start.resultsWarning}</p>
    </section>
  );
}

/** Reads CSV files of several raters. */
export function ImportButton({ actions }: { actions: Pick<StudyActions, 'importVotes'> }) {
  const { start } = useCompareTexts();
  const read = async (files: FileList): Promise<void> => {
    const texts = [...files].map(async (file) => ({ name: file.name, text: await file.text() }));
    actions.importVotes(await Promise.all(texts));
  };
  return (
    <FileButton label={start.import} accept=".csv,text/csv" onFiles={(files) => void read(files)} />
  );
}
