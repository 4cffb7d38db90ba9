import { useId, useState } from 'react';
import type { KnownWords } from '../../shared/manifest';
import { hasWordList } from '../../shared/promptParts';
import type { KnownGroup, KnownThing } from '../../shared/modelCard';
import { useTexts } from '../texts/TextsContext';
import { filterThings, matchingWords } from './searchKnowledge';

interface KnowledgeProps {
  /** Absent in packages without a card: then the words alone are listed. */
  things: Record<KnownGroup, KnownThing[]> | undefined;
  words: KnownWords;
  onUse: (thing: KnownThing) => void;
}

/** What the model learned, or that its package does not list it. */
export function Knowledge(props: KnowledgeProps) {
  const { model } = useTexts();
  return (
    <div className="known-words">
      <h3>{model.knows}</h3>
      {props.things || hasWordList(props.words) ? (
        <SearchableWords {...props} />
      ) : (
        <p>{model.noWordList}</p>
      )}
    </div>
  );
}

/** Searchable in both languages at once; a click puts a thing into the prompt. */
function SearchableWords({ things, words, onUse }: KnowledgeProps) {
  const texts = useTexts();
  const id = useId();
  const [query, setQuery] = useState('');
  const [used, setUsed] = useState('');
  const groups = things ? filterThings(things, query) : [];
  const found = groups.length > 0 || matchingWords(words, query).count > 0;
  const use = (thing: KnownThing): void => {
    onUse(thing);
    setUsed(texts.card.used(thing[texts.language.code]));
  };
  return (
    <>
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
      {!found && <p>{texts.model.noMatch(query.trim())}</p>}
      {groups.map(([group, list]) => (
        <ThingGroup key={group} group={group} things={list} onUse={use} />
      ))}
      <p className="visually-hidden" role="status">
        {used}
      </p>
      {things ? (
        <details className="all-words">
          <summary>{texts.card.allWords}</summary>
          <WordList words={words} query={query} />
        </details>
      ) : (
        <WordList words={words} query={query} />
      )}
    </>
  );
}

interface ThingGroupProps {
  group: KnownGroup;
  things: readonly KnownThing[];
  onUse: (thing: KnownThing) => void;
}

function ThingGroup({ group, things, onUse }: ThingGroupProps) {
  const { card, language } = useTexts();
  const id = useId();
  const chinese = language.code === 'zh';
  return (
    <div className="thing-group">
      <h4 id={id}>{card.groups[group]}</h4>
      <ul className="chips" aria-labelledby={id}>
        {things.map((thing) => (
          <li key={thing.id}>
            <button
              type="button"
              className="chip"
              title={card.use(thing[language.code], chinese ? thing.exampleZh : thing.exampleEn)}
              onClick={() => onUse(thing)}
            >
              {thing[language.code]}{' '}
              <span className="other-language" lang={chinese ? 'en' : 'zh-CN'}>
                {chinese ? thing.en : thing.zh}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function WordList({ words, query }: { words: KnownWords; query: string }) {
  const { model } = useTexts();
  const { en, zh, count } = matchingWords(words, query);
  if (count === 0) return null;
  return (
    <div className="word-list" role="region" aria-label={model.knows} tabIndex={0}>
      {en.length > 0 && <p lang="en">{en.join(', ')}</p>}
      {zh.length > 0 && <p lang="zh-CN">{zh.join('、')}</p>}
    </div>
  );
}
