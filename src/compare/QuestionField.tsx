import { useId } from 'react';
import { CHOICES, type Choice, type Question } from './study/vote';
import { useCompareTexts } from './texts/CompareTextsContext';

interface QuestionFieldProps {
  question: Question;
  answer: Choice | undefined;
  onAnswer: (choice: Choice) => void;
}

/** One question with its three answers. */
export function QuestionField({ question, answer, onAnswer }: QuestionFieldProps) {
  const { vote } = useCompareTexts();
  const id = useId();
  return (
    <fieldset data-question={question}>
      <legend>{vote.questions[question]}</legend>
      <div className="choices">
        {CHOICES.map((choice) => (
          <label key={choice}>
            <input
              type="radio"
              name={id}
              value={choice}
              checked={answer === choice}
              onChange={() => onAnswer(choice)}
            />
            {vote.choices[choice]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
