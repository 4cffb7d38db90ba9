import { useTexts } from './texts/TextsContext';

/** Shown instead of the app where the browser lacks what it needs. */
export function Unsupported({ missing }: { missing: readonly string[] }) {
  const texts = useTexts();
  return (
    <section className="notice error unsupported" role="alert">
      <div>
        <h2>{texts.unsupported.title}</h2>
        <p>
          {texts.unsupported.missing} {missing.join(', ')}
        </p>
        <p>{texts.unsupported.advice}</p>
      </div>
    </section>
  );
}
