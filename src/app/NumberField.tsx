import { useId, useState, type ReactNode } from 'react';
import { OPTION_LIMITS, type NumericOption } from '../shared/options';
import { useTexts } from './texts/TextsContext';

interface NumberFieldProps {
  option: NumericOption;
  label: string;
  help?: string;
  value: number;
  /** Stricter than the option's own limit, when the model allows less. */
  max?: number;
  step?: number;
  onChange: (value: number) => void;
  /** Stands beside the input. */
  children?: ReactNode;
}

/** A number with its limits. What is typed and not valid is said beneath and not used. */
export function NumberField(props: NumberFieldProps) {
  const { option, label, help, value, step, onChange, children } = props;
  const texts = useTexts();
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const { min, max: limit, integer } = OPTION_LIMITS[option];
  const max = Math.min(limit, props.max ?? limit);
  const fits = (text: string): boolean => {
    const number = text.trim() === '' ? NaN : Number(text);
    return number >= min && number <= max && (!integer || Number.isInteger(number));
  };
  const problem =
    draft !== null && !fits(draft) ? texts.settings.invalid(min, max, integer, value) : null;

  const edit = (text: string): void => {
    setDraft(text);
    if (fits(text)) onChange(Number(text));
  };

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-row">
        <input
          id={id}
          type="number"
          inputMode={integer ? 'numeric' : 'decimal'}
          min={min}
          max={max}
          step={step ?? 'any'}
          value={draft ?? String(value)}
          aria-invalid={problem !== null}
          aria-describedby={`${id}-help`}
          onChange={(event) => edit(event.target.value)}
          onBlur={() => setDraft(null)}
        />
        {children}
      </div>
      <p id={`${id}-help`} className={problem ? 'hint field-problem' : 'hint'} aria-live="polite">
        {problem ?? help}
      </p>
    </div>
  );
}
