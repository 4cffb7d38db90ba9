import type { ExamplePrompt } from '../shared/manifest';
import { useTexts } from './texts/TextsContext';

interface ExamplePromptsProps {
  examples: readonly ExamplePrompt[];
  onChoose: (prompt: string) => void;
}

export function ExamplePrompts({ examples, onChoose }: ExamplePromptsProps) {
  const texts = useTexts();
  const own = examples.filter((example) => example.language === texts.language.code);
  const offered = own.length > 0 ? own : examples;
  if (offered.length === 0) return null;
  return (
    <ul className="chips" aria-label={texts.prompt.examples}>
      {offered.map(({ text, language }) => (
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
