import { createContext, useContext } from 'react';
import type { Language } from '../../state/preferences';
import { compareEn, type CompareTexts } from './en';
import { compareZh } from './zh';

export const COMPARE_TEXTS: Record<Language, CompareTexts> = { en: compareEn, zh: compareZh };

export const CompareTextsContext = createContext<CompareTexts>(compareEn);

/** The comparison page's texts in the user's language. */
export function useCompareTexts(): CompareTexts {
  return useContext(CompareTextsContext);
}
