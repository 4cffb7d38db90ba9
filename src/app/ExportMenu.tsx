import { useState, useSyncExternalStore } from 'react';
import type { ClipFacts } from '../state/appState';
import { toFailure, type Failure } from '../state/failure';
import type { FrameStore } from '../state/frameStore';
import { downloadFile, EXPORT_FORMATS, exportClip, type ExportFormat } from '../state/saveClip';
import { CopyLinkButton } from './CopyLinkButton';
import { ErrorNotice } from './ErrorNotice';
import { fileSize } from './format';
import { useTexts } from './texts/TextsContext';

interface ExportMenuProps {
  frames: FrameStore;
  /** The clip that the frames belong to. */
  clip: ClipFacts | null;
}

type Saving =
  | { status: 'idle' }
  | { status: 'busy'; format: ExportFormat }
  | { status: 'saved'; summary: string; note: string | null }
  | { status: 'failed'; format: ExportFormat; failure: Failure };

/** Saves what is finished, a partial clip too. */
export function ExportMenu({ frames, clip }: ExportMenuProps) {
  const texts = useTexts();
  const [saving, setSaving] = useState<Saving>({ status: 'idle' });
  const finals = useSyncExternalStore(frames.subscribe, () => frames.finals.length);
  const possible = clip !== null && finals > 0 && saving.status !== 'busy';

  const save = async (format: ExportFormat): Promise<void> => {
    if (!clip || saving.status === 'busy') return;
    setSaving({ status: 'busy', format });
    try {
      const file = await exportClip(format, frames, clip);
      downloadFile(file);
      const summary = texts.export.saved(file.fileName, fileSize(file.blob.size), file.codec);
      setSaving({ status: 'saved', summary, note: file.note ?? null });
    } catch (error) {
      setSaving({ status: 'failed', format, failure: toFailure(error) });
    }
  };

  return (
    <section className="panel export" aria-label={texts.export.title}>
      <div className="button-row">
        {EXPORT_FORMATS.map((format) => (
          <button
            key={format}
            type="button"
            className={format === 'mp4' ? 'secondary' : 'quiet'}
            disabled={!possible}
            onClick={() => void save(format)}
          >
            {texts.export[format]}
          </button>
        ))}
        <CopyLinkButton disabled={clip === null} />
      </div>
      <div role="status" className="export-status">
        {clip && finals > 0 && finals < frames.slotCount && (
          <p className="hint">{texts.export.partial(finals, frames.slotCount)}</p>
        )}
        {saving.status === 'busy' && <p>{texts.export.busy}</p>}
        {saving.status === 'saved' && <p>{saving.summary}</p>}
        {saving.status === 'saved' && saving.note && <p className="hint">{saving.note}</p>}
      </div>
      {saving.status === 'failed' && (
        <ErrorNotice
          failure={saving.failure}
          retryLabel={texts.retry.generate}
          onRetry={() => void save(saving.format)}
        />
      )}
    </section>
  );
}
