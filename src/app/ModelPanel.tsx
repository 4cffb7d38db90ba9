import type { ModelManifest } from '../shared/manifest';
import { packageFiles } from '../shared/packageFiles';
import type { KnownThing } from '../shared/modelCard';
import { knownManifest, type ModelState } from '../state/appState';
import type { ModelActions } from '../state/modelActions';
import { slotCount } from '../state/slots';
import { CardDetails } from './card/CardDetails';
import { Knowledge } from './card/Knowledge';
import { fileSize } from './format';
import { useTexts } from './texts/TextsContext';

interface ModelPanelProps {
  model: ModelState;
  /** A job runs: its worker cannot be ended from here. */
  busy: boolean;
  actions: Pick<ModelActions, 'freeMemory' | 'loadModel'>;
  /** Puts a thing of the model's card into the prompt. */
  onUse: (thing: KnownThing) => void;
}

function packageBytes(manifest: ModelManifest): number {
  return packageFiles(manifest).reduce((sum, file) => sum + file.bytes, 0);
}

/** What the model is, what it knows and where it is kept. */
export function ModelPanel({ model, busy, actions, onUse }: ModelPanelProps) {
  const texts = useTexts();
  const manifest = knownManifest(model);
  return (
    <details className="panel model-panel">
      <summary>
        <h2>{texts.model.title}</h2>
        {manifest && (
          <span className="hint">
            {manifest.title}, {fileSize(packageBytes(manifest))}
          </span>
        )}
      </summary>
      {manifest && <ModelFacts model={model} manifest={manifest} />}
      {manifest && (
        <Knowledge things={manifest.card?.knows} words={manifest.knownWords} onUse={onUse} />
      )}
      {manifest?.card && <CardDetails card={manifest.card} />}
      {model.status === 'absent' && <p>{texts.model.absent}</p>}
      <div className="button-row">
        {model.status === 'ready' ? (
          <button
            type="button"
            className="quiet"
            title={texts.model.freeHelp}
            disabled={busy}
            onClick={actions.freeMemory}
          >
            {texts.model.free}
          </button>
        ) : (
          <button
            type="button"
            className="quiet"
            disabled={model.status === 'loading'}
            onClick={actions.loadModel}
          >
            {texts.model.load}
          </button>
        )}
      </div>
    </details>
  );
}

function ModelFacts({ model, manifest }: { model: ModelState; manifest: ModelManifest }) {
  const texts = useTexts();
  const { windowFrames, maxRounds, playbackFramesPerSecond } = manifest;
  const pixels = manifest.upscaledPixels ?? manifest.pixels;
  const count = slotCount(windowFrames, maxRounds);
  const facts: [string, string][] = [
    [texts.model.version, `${manifest.id} ${manifest.version}`],
    [texts.model.size, fileSize(packageBytes(manifest))],
    [texts.model.clip, texts.model.clipText(count, playbackFramesPerSecond, pixels)],
    [texts.model.license, manifest.license],
    [texts.model.credits, manifest.credits.join('; ')],
  ];
  if (model.status === 'ready') {
    const { storedIn, storageNote, backend } = model.loaded;
    const stored = storedIn === 'opfs' ? texts.model.storedOpfs : texts.model.storedMemory;
    facts.push([texts.model.stored, storageNote ? `${stored}. ${storageNote}` : stored]);
    const where = `${backend.backend === 'webgpu' ? 'WebGPU' : 'WASM'}, ${backend.detail}`;
    const note = backend.note ? `${where}. ${backend.note}` : where;
    facts.push([texts.progress.backend, note]);
  }
  return (
    <dl className="model-facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
