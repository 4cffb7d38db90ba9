import type { ExamplePrompt } from '../shared/manifest';
import { useTexts } from './texts/TextsContext';

interface ExamplePromptsProps {
  examples: readonly ExamplePrompt[];
  onChoose: (prompt: string) => void;
}

export function ExamplePrompts({ examples, onChoose }: ExamplePromptsProps) {
  const texts = useTexts();
  if (examples.length === 0) return null;
  return (
    <ul className="chips" aria-label={texts.prompt.examples}>
      {examples.map(({ text, language }) => (
        <li key={text}>
          <button
            type="button"
            className="chip"
            lang={language === 'zh' ? 'zh-CN' : 'en'}
            onClick={() => onChoose(text)}
          >
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}
