import { useEffect, useRef, useState, type KeyboardEvent, type SyntheticEvent } from 'react';
import { ClipPair, type PlaybackHandle } from './ClipPair';
import { Notices } from './Notices';
import { QuestionField } from './QuestionField';
import { StudyError } from './study/studyError';
import type { Trial, TrialSide } from './study/trials';
import { CHOICES, QUESTIONS, type Answers, type Choice, type Question } from './study/vote';
import type { Progress, StudyActions, StudyState } from './studyStore';
import { useCompareTexts } from './texts/CompareTextsContext';

interface VoteViewProps {
  trial: Trial;
  state: StudyState;
  progress: Progress;
  actions: StudyActions;
}

/** One comparison: the sentence, two clips, four questions. */
export function VoteView({ trial, state, progress, actions }: VoteViewProps) {
  const { vote } = useCompareTexts();
  const form = useRef<HTMLFormElement>(null);
  const playback = useRef<PlaybackHandle>(null);
  const [answers, setAnswers] = useState<Partial<Answers>>({});
  const [replays, setReplays] = useState(0);
  const [begun] = useState(() => performance.now());
  const complete = QUESTIONS.every((question) => answers[question] !== undefined);

  useEffect(() => form.current?.focus(), []);

  const choose = (question: Question, choice: Choice): void =>
    setAnswers((earlier) => ({ ...earlier, [question]: choice }));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!complete) return;
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    actions.answer(trial, answers as Answers, replays, seconds);
  };
  /** Keys work while the focus is in the form, as assistive software expects. */
  const hearKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = CHOICES[['1', '2', '3'].indexOf(event.key)];
    if (choice) {
      const next = chosenQuestion(document.activeElement, answers);
      if (next) choose(next, choice);
      focusAfter(form.current, next, { ...answers, ...(next ? { [next]: choice } : {}) });
    } else if (event.key.toLowerCase() === 'r') playback.current?.replay();
    else if (event.key.toLowerCase() === 's') actions.skip(trial);
    else return;
    event.preventDefault();
  };

  return (
    <form
      ref={form}
      className="vote"
      tabIndex={-1}
      aria-labelledby="vote-prompt"
      onSubmit={submit}
      onKeyDown={hearKey}
    >
      <Notices problems={state.problems} imports={[]} />
      <p className="hint" role="status">
        {vote.progress(progress.answered, progress.total)}
      </p>
      <h3 id="vote-prompt" className="vote-prompt">
        {trial.prompt}
      </h3>
      <ClipPair
        ref={playback}
        left={videoOf(state, trial.left)}
        right={videoOf(state, trial.right)}
        onReplay={() => setReplays((count) => count + 1)}
        onBroken={() => actions.report(new StudyError('noVideo', trial.prompt))}
      />
      <div className="questions">
        {QUESTIONS.map((question) => (
          <QuestionField
            key={question}
            question={question}
            answer={answers[question]}
            onAnswer={(choice) => choose(question, choice)}
          />
        ))}
      </div>
      <div className="button-row">
        <button type="submit" className="primary" aria-disabled={!complete}>
          {vote.next}
        </button>
        <button type="button" onClick={() => actions.skip(trial)}>
          {vote.skip}
        </button>
        <button type="button" className="quiet" onClick={actions.toStart}>
          {vote.stop}
        </button>
      </div>
      <p className="hint keys">{vote.keys}</p>
    </form>
  );
}

function videoOf({ folders }: StudyState, { system, file }: TrialSide): File {
  const video = folders.find(({ name }) => name === system)?.videos.get(file);
  if (!video) throw new Error(`The trial names ${file} of ${system}, which was not loaded.`);
  return video;
}

/** The question with the focus, else the first without an answer. */
function chosenQuestion(focus: Element | null, answers: Partial<Answers>): Question | undefined {
  const within = focus?.closest('fieldset')?.dataset['question'];
  const first = QUESTIONS.find((question) => answers[question] === undefined);
  return QUESTIONS.find((question) => question === within) ?? first;
}

/** After an answer by key: to the next question without one, else to the button. */
function focusAfter(
  form: HTMLFormElement | null,
  question: Question | undefined,
  answers: Partial<Answers>,
): void {
  const from = question ? QUESTIONS.indexOf(question) : 0;
  const order = [...QUESTIONS.slice(from), ...QUESTIONS.slice(0, from)];
  const next = order.find((candidate) => answers[candidate] === undefined);
  const target = next ? `fieldset[data-question="${next}"] input` : 'button[type="submit"]';
  form?.querySelector<HTMLElement>(target)?.focus();
}
