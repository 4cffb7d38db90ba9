import type { ModelManifest } from '../shared/manifest';
import { effectiveOptions, randomSeed, type Settings } from '../state/settings';
import { slotCount } from '../state/slots';
import type { SettingsActions } from '../state/store';
import { DiceIcon } from './icons';
import { NumberField } from './NumberField';
import { useTexts } from './texts/TextsContext';

interface SettingsPanelProps {
  settings: Settings;
  manifest: ModelManifest;
  actions: Pick<SettingsActions, 'setSeed' | 'override' | 'resetOverrides'>;
}

export function SettingsPanel({ settings, manifest, actions }: SettingsPanelProps) {
  const texts = useTexts();
  const options = effectiveOptions(settings, manifest);
  const changed = Object.keys(settings.overrides).length > 0;
  return (
    <details className="panel settings">
      <summary>
        <h2>{texts.settings.title}</h2>
        <span className="hint">
          {texts.settings.seed} {options.seed}
        </span>
      </summary>
      <div className="fields">
        <NumberField
          option="seed"
          label={texts.settings.seed}
          value={options.seed}
          step={1}
          onChange={actions.setSeed}
        >
          <button
            type="button"
            className="icon-button"
            aria-label={texts.settings.dice}
            title={texts.settings.dice}
            onClick={() => actions.setSeed(randomSeed())}
          >
            <DiceIcon />
          </button>
        </NumberField>
        <SamplingFields manifest={manifest} options={options} actions={actions} />
        <KeyRateField manifest={manifest} value={options.keyRate} actions={actions} />
        <KeyFrameOrderField manifest={manifest} parallel={options.parallel} actions={actions} />
      </div>
      <button type="button" className="quiet" disabled={!changed} onClick={actions.resetOverrides}>
        {texts.settings.reset}
      </button>
    </details>
  );
}

interface FieldsProps {
  manifest: ModelManifest;
  actions: Pick<SettingsActions, 'override'>;
}

function SamplingFields({
  manifest,
  options,
  actions,
}: FieldsProps & { options: ReturnType<typeof effectiveOptions> }) {
  const { settings: texts } = useTexts();
  const { override } = actions;
  const { clusters, firstFrame } = manifest.sampling;
  const withNote = (help: string): string =>
    firstFrame ? `${help} ${texts.exceptFirstFrame}` : help;
  return (
    <>
      <NumberField
        option="guidance"
        label={texts.guidance}
        help={texts.guidanceHelp}
        value={options.guidance}
        step={0.5}
        onChange={(value) => override('guidance', value)}
      />
      <NumberField
        option="temperature"
        label={texts.temperature}
        help={withNote(texts.temperatureHelp)}
        value={options.temperature}
        step={0.05}
        onChange={(value) => override('temperature', value)}
      />
      <NumberField
        option="topK"
        label={clusters ? texts.clusters : texts.topK}
        help={withNote(clusters ? texts.clustersHelp(clusters.count) : texts.topKHelp)}
        value={options.topK}
        step={1}
        onChange={(value) => override('topK', value)}
      />
      <NumberField
        option="rounds"
        label={texts.rounds}
        help={texts.roundsHelp(slotCount(manifest.windowFrames, options.rounds))}
        value={options.rounds}
        max={manifest.maxRounds}
        step={1}
        onChange={(value) => override('rounds', value)}
      />
      {manifest.graphs.ranker && (
        <NumberField
          option="candidates"
          label={texts.candidates}
          help={texts.candidatesHelp}
          value={options.candidates}
          step={1}
          onChange={(value) => override('candidates', value)}
        />
      )}
    </>
  );
}

/** One after the other or in parallel, where the model can be drawn either way. */
function KeyFrameOrderField({ manifest, parallel, actions }: FieldsProps & { parallel: boolean }) {
  const { settings: texts } = useTexts();
  const { keyFrameLag } = manifest.sampling;
  if (keyFrameLag === undefined) return null;
  const cells = manifest.grid ** 2;
  const frames = manifest.windowFrames;
  const saved = (frames * cells) / (cells + (frames - 1) * keyFrameLag);
  return (
    <div className="field">
      <label htmlFor="key-frame-order">{texts.keyFrameOrder}</label>
      <select
        id="key-frame-order"
        value={parallel ? 'parallel' : 'inOrder'}
        aria-describedby="key-frame-order-help"
        onChange={({ target }) => actions.override('parallel', target.value === 'parallel')}
      >
        <option value="inOrder">{texts.inOrder}</option>
        <option value="parallel">{texts.inParallel}</option>
      </select>
      <p id="key-frame-order-help" className="hint">
        {texts.keyFrameOrderHelp(saved)}
      </p>
    </div>
  );
}

function KeyRateField({ manifest, value, actions }: FieldsProps & { value: number | 'auto' }) {
  const { settings: texts } = useTexts();
  return (
    <div className="field">
      <label htmlFor="key-rate">{texts.keyRate}</label>
      <select
        id="key-rate"
        value={String(value)}
        aria-describedby="key-rate-help"
        onChange={({ target }) =>
          actions.override('keyRate', target.value === 'auto' ? 'auto' : Number(target.value))
        }
      >
        <option value="auto">{texts.automatic}</option>
        {manifest.rates.map(({ framesPerSecond }) => (
          <option key={framesPerSecond} value={framesPerSecond}>
            {texts.perSecond(framesPerSecond)}
          </option>
        ))}
      </select>
      <p id="key-rate-help" className="hint">
        {manifest.rateRules.length > 0
          ? texts.keyRateHelp
          : texts.keyRateAlways(manifest.defaultKeyRate)}
      </p>
    </div>
  );
}
