import { useEffect, useState } from 'react';
import { useTexts } from './texts/TextsContext';

const CONFIRMATION_MILLISECONDS = 2500;

/** Copies the page's address, which reproduces the clip on the stage. */
export function CopyLinkButton({ disabled }: { disabled: boolean }) {
  const texts = useTexts();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), CONFIRMATION_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      setCopied(true);
    } catch {
      // The browser refused; the link still stands in its address bar.
    }
  };
  return (
    <button type="button" className="quiet" disabled={disabled} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? texts.link.copied : texts.link.copy}</span>
    </button>
  );
}
