import type { KnownThing } from '../shared/modelCard';
import { knownManifest, type ModelState } from '../state/appState';
import type { ModelActions } from '../state/modelActions';
import { CardDetails } from './card/CardDetails';
import { Knowledge } from './card/Knowledge';
import { fileSize } from './format';
import { ModelFacts, packageBytes } from './ModelFacts';
import { useTexts } from './texts/TextsContext';

interface ModelPanelProps {
  model: ModelState;
  /** A job runs: its worker cannot be ended from here. */
  busy: boolean;
  actions: Pick<ModelActions, 'freeMemory' | 'loadModel'>;
  /** Puts a thing of the model's card into the prompt. */
  onUse: (thing: KnownThing) => void;
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
