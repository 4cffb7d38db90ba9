import { useEffect, useState } from 'react';
import type { UnknownSpan } from '../shared/protocol';
import type { ModelActions } from '../state/modelActions';

const TYPING_PAUSE_MILLISECONDS = 250;

/** Spans of the prompt that the model never saw; asked again when the typing pauses. */
export function useUnknownSpans(
  prompt: string,
  /** Asks again when it turns true. */
  ready: boolean,
  find: ModelActions['findUnknownSpans'],
): readonly UnknownSpan[] {
  const [spans, setSpans] = useState<readonly UnknownSpan[]>([]);
  useEffect(() => {
    if (!ready) return;
    let wanted = true;
    const timer = setTimeout(() => {
      void find(prompt).then((found) => {
        if (wanted) setSpans(found);
      });
    }, TYPING_PAUSE_MILLISECONDS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [prompt, ready, find]);
  // A span of an earlier prompt is not shown beside a text that no longer holds it.
  return spans.filter((span) => prompt.slice(span.start, span.end) === span.text);
}
