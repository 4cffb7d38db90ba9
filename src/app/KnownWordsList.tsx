import { useId, useState } from 'react';
import type { KnownWords } from '../shared/manifest';
import { useTexts } from './texts/TextsContext';

/** Every word that the model learned, searchable in both languages at once. */
export function KnownWordsList({ words }: { words: KnownWords }) {
  const texts = useTexts();
  const id = useId();
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const matching = (list: readonly string[]): string[] =>
    list.filter((word) => word.includes(wanted));
  const english = matching(words.en);
  const chinese = matching(words.zh);
  return (
    <div className="known-words">
      <h3>{texts.model.knows}</h3>
      <label className="visually-hidden" htmlFor={id}>
        {texts.model.search}
      </label>
      <input
        id={id}
        type="search"
        placeholder={texts.model.search}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div className="word-list" role="region" aria-label={texts.model.knows} tabIndex={0}>
        {english.length + chinese.length === 0 && <p>{texts.model.noMatch(query.trim())}</p>}
        {english.length > 0 && <p lang="en">{english.join(', ')}</p>}
        {chinese.length > 0 && <p lang="zh-CN">{chinese.join('、')}</p>}
      </div>
    </div>
  );
}
