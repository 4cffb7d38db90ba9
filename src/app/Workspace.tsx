import { useStore } from 'zustand';
import { useEffect } from 'react';
import { clipOf, isJobActive, knownManifest, stageName, type AppState } from '../state/appState';
import { actions, frames, player, reducedMotion, store } from '../state/instance';
import { withWord } from '../state/promptWord';
import { effectiveOptions, randomSeed } from '../state/settings';
import { slotCount } from '../state/slots';
import { ErrorNotice } from './ErrorNotice';
import { ExportMenu } from './ExportMenu';
import { LinkNotice } from './LinkNotice';
import { ModelPanel } from './ModelPanel';
import { Progress } from './Progress';
import { PromptForm } from './PromptForm';
import { SettingsPanel } from './SettingsPanel';
import { Stage } from './Stage';
import { useTexts } from './texts/TextsContext';
import { Timeline } from './Timeline';
import { TimingsPanel } from './TimingsPanel';
import { useUnknownSpans } from './useUnknownSpans';

/** Frames of the empty sheet while nothing is known of the model. */
const USUAL_SLOTS = 33;

function plannedSlots({ settings, model }: AppState): number {
  const manifest = knownManifest(model);
  if (!manifest) return USUAL_SLOTS;
  return slotCount(manifest.windowFrames, effectiveOptions(settings, manifest).rounds);
}

/** The one container: reads the store and hands facts and actions to the views. */
export function Workspace() {
  const texts = useTexts();
  const state = useStore(store);
  const { settings, model, job } = state;
  const manifest = knownManifest(model);
  const clip = clipOf(job);
  const running = job.status === 'running';
  const unknown = useUnknownSpans(
    settings.prompt,
    model.status === 'ready',
    actions.findUnknownSpans,
  );

  useEffect(() => {
    if (clip) player.setRate(clip.framesPerSecond);
  }, [clip]);
  useEffect(() => {
    if (running && !reducedMotion()) player.play();
  }, [running]);

  const newTake = (): void => {
    actions.setSeed(randomSeed());
    void actions.generate();
  };
  return (
    <div className="workspace">
      <div className="column controls">
        <LinkNotice problems={settings.linkProblems} onDismiss={actions.dismissLinkProblems} />
        <PromptForm
          prompt={settings.prompt}
          examples={manifest?.examples ?? []}
          languages={manifest?.languages ?? []}
          unknown={unknown}
          refusal={settings.refusal}
          active={isJobActive(job)}
          cancelling={running && job.cancelling}
          canRetake={clip !== null && !isJobActive(job)}
          onPrompt={actions.setPrompt}
          onGenerate={() => void actions.generate()}
          onNewTake={newTake}
          onCancel={actions.cancel}
        />
        <Progress model={model} job={job} />
        <FailureNotice model={model} job={job} />
        {manifest && <SettingsPanel settings={settings} manifest={manifest} actions={actions} />}
      </div>
      <div className="column desk">
        <div className="desk-top">
          <Stage frames={frames} player={player} stage={stageName(state)} />
          <Timeline
            frames={frames}
            player={player}
            plannedSlots={plannedSlots(state)}
            storyboard={clip?.storyboard}
          />
        </div>
        <ExportMenu frames={frames} clip={clip} />
        {job.status === 'complete' && <TimingsPanel timings={job.result.timings} />}
        <ModelPanel
          model={model}
          busy={isJobActive(job)}
          actions={actions}
          onUse={(thing) =>
            actions.setPrompt(withWord(settings.prompt, thing, texts.language.code))
          }
        />
      </div>
    </div>
  );
}

/** At most one failure: a model that is not there explains a job that did not start. */
function FailureNotice({ model, job }: Pick<AppState, 'model' | 'job'>) {
  const { retry } = useTexts();
  const failed = job.status === 'failed';
  const failure = model.status === 'failed' ? model.failure : failed ? job.failure : null;
  if (!failure) return null;
  const onRetry = failed ? () => void actions.generate() : actions.loadModel;
  return (
    <ErrorNotice
      failure={failure}
      retryLabel={model.status === 'failed' ? retry.load : retry.generate}
      onRetry={onRetry}
    />
  );
}
