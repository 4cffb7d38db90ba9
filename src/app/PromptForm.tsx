import { useEffect, useId, useRef, type KeyboardEvent, type SyntheticEvent } from 'react';
import type { ExamplePrompt } from '../shared/manifest';
import type { UnknownSpan } from '../shared/protocol';
import type { Failure } from '../state/failure';
import { ExamplePrompts } from './ExamplePrompts';
import { FailureText } from './FailureText';
import { languageNames } from './format';
import { useTexts } from './texts/TextsContext';
import { UnknownWords } from './UnknownWords';

interface PromptFormProps {
  prompt: string;
  examples: readonly ExamplePrompt[];
  /** That the model reads, as tags; empty while they are not known. */
  languages: readonly string[];
  unknown: readonly UnknownSpan[];
  /** Why the prompt was refused. */
  refusal: Failure | null;
  /** A job runs or waits: Cancel works, Generate does not. */
  active: boolean;
  cancelling: boolean;
  /** A clip is there: offer the same prompt with another seed. */
  canRetake: boolean;
  onPrompt: (prompt: string) => void;
  onGenerate: () => void;
  onNewTake: () => void;
  onCancel: () => void;
}

const GENERATE_KEY = /mac|iphone|ipad/i.test(navigator.userAgent) ? '⌘' : 'Ctrl';

export function PromptForm(props: PromptFormProps) {
  const { prompt, examples, languages, unknown, refusal, active, onPrompt, onGenerate } = props;
  const texts = useTexts();
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => box.current?.focus(), []);
  useEffect(() => {
    if (refusal) box.current?.focus();
  }, [refusal]);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!active) onGenerate();
  };
  const replace = (text: string, word: string): void => {
    onPrompt(withReplaced(prompt, unknown, text, word));
    box.current?.focus();
  };
  const hearShortcut = (event: KeyboardEvent): void => {
    // Enter that ends the composition of Chinese characters is not meant for us.
    if (event.nativeEvent.isComposing || event.key !== 'Enter') return;
    if (event.ctrlKey || event.metaKey) submit(event);
  };

  return (
    <form className="panel prompt-form" onSubmit={submit}>
      <div className="label-row">
        <label htmlFor={`${id}-prompt`}>{texts.prompt.label}</label>
        <span className="hint" id={`${id}-shortcut`}>
          {texts.prompt.shortcut(GENERATE_KEY)}
        </span>
      </div>
      <textarea
        id={`${id}-prompt`}
        ref={box}
        rows={3}
        value={prompt}
        placeholder={texts.prompt.placeholder}
        aria-invalid={refusal !== null}
        aria-describedby={`${id}-refusal ${id}-unknown ${id}-shortcut`}
        onChange={(event) => onPrompt(event.target.value)}
        onKeyDown={hearShortcut}
      />
      <div id={`${id}-refusal`} role="alert">
        {refusal && <FailureText failure={refusal} />}
      </div>
      <LanguageHint languages={languages} />
      <div id={`${id}-unknown`} aria-live="polite">
        {unknown.length > 0 && <UnknownWords unknown={unknown} onReplace={replace} />}
      </div>
      <ExamplePrompts examples={examples} onChoose={onPrompt} />
      <FormButtons {...props} />
    </form>
  );
}

/** Said where the page's own language is none of the model's. */
function LanguageHint({ languages }: Pick<PromptFormProps, 'languages'>) {
  const texts = useTexts();
  if (languages.length === 0 || languages.includes(texts.language.code)) return null;
  return <p className="hint">{texts.prompt.unread(languageNames(languages, texts))}</p>;
}

/** The prompt with `word` at every unknown span that reads `text`. */
function withReplaced(
  prompt: string,
  unknown: readonly UnknownSpan[],
  text: string,
  word: string,
): string {
  const spans = unknown.filter((span) => span.text === text);
  return spans.reduceRight(
    (changed, { start, end }) => changed.slice(0, start) + word + changed.slice(end),
    prompt,
  );
}

function FormButtons({ active, cancelling, canRetake, onNewTake, onCancel }: PromptFormProps) {
  const texts = useTexts();
  return (
    <div className="button-row">
      {/* aria-disabled keeps the focus where it is while the job runs. */}
      <button type="submit" className="primary" aria-disabled={active}>
        {texts.generate}
      </button>
      <button type="button" disabled={!active || cancelling} onClick={onCancel}>
        {texts.cancel}
      </button>
      {canRetake && (
        <button type="button" className="quiet" title={texts.newTakeHelp} onClick={onNewTake}>
          {texts.newTake}
        </button>
      )}
    </div>
  );
}
