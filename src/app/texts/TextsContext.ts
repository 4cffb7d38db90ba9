import { createContext, useContext } from 'react';
import type { Language } from '../../state/preferences';
import { en, type Texts } from './en';
import { zh } from './zh';

export const TEXTS: Record<Language, Texts> = { en, zh };

export const TextsContext = createContext<Texts>(en);

/** The interface texts in the user's language. */
export function useTexts(): Texts {
  return useContext(TextsContext);
}
