import type { BackendInfo, LoadProgress } from '../shared/protocol';
import { stageName, type AppState } from '../state/appState';
import { duration, fileSize } from './format';
import type { Texts } from './texts/en';
import { useTexts } from './texts/TextsContext';

interface ProgressView {
  /** 0..1; null while nothing can be counted. */
  share: number | null;
  text: string;
  facts: { name: string; value: string }[];
}

function loadView(progress: LoadProgress, texts: Texts): ProgressView {
  switch (progress.kind) {
    case 'manifest':
      return { share: null, text: texts.progress.manifest, facts: [] };
    case 'file': {
      const { loadedBytes, totalBytes, source } = progress;
      const { fromCache, downloading } = texts.progress;
      const say = source === 'cache' ? fromCache : downloading;
      const text = say(fileSize(loadedBytes), fileSize(totalBytes));
      return { share: totalBytes > 0 ? loadedBytes / totalBytes : null, text, facts: [] };
    }
    case 'warmup': {
      const { done, total } = progress;
      return {
        share: total > 0 ? done / total : null,
        text: texts.progress.warmup(done, total),
        facts: [],
      };
    }
  }
}

function runningView(job: Extract<AppState['job'], { status: 'running' }>, texts: Texts) {
  const { stage, cells, cancelling } = job;
  const name = texts.stages[stage?.stage ?? 'tokenize'];
  const round = stage?.stage === 'interpolate' ? stage.round : 0;
  const text =
    round > 0 ? `${name}, ${texts.progress.round(round, stage?.totalRounds ?? round)}` : name;
  const facts: ProgressView['facts'] = [];
  if (cells && Number.isFinite(cells.secondsLeft)) {
    const time = texts.progress.about(duration(cells.secondsLeft, texts));
    facts.push({ name: texts.progress.timeLeft, value: time });
  }
  if (cells && cells.tokensPerSecond > 0) {
    const tokens = cells.tokensPerSecond.toFixed(cells.tokensPerSecond < 10 ? 1 : 0);
    facts.push({ name: texts.progress.speed, value: texts.progress.tokensPerSecond(tokens) });
  }
  const share = cells && cells.jobTotalCells > 0 ? cells.jobDoneCells / cells.jobTotalCells : 0;
  return { share, text: cancelling ? texts.cancelling : text, facts };
}

function viewOf({ model, job }: Pick<AppState, 'model' | 'job'>, texts: Texts): ProgressView {
  if (job.status === 'running') return runningView(job, texts);
  if (model.status === 'loading') return loadView(model.progress, texts);
  if (job.status === 'complete') {
    const time = duration(job.result.timings.total / 1000, texts);
    return { share: 1, text: texts.progress.finished(time), facts: [] };
  }
  return { share: 0, text: texts.stages[stageName({ model, job })], facts: [] };
}

function backendName({ backend, detail }: BackendInfo): string {
  return `${backend === 'webgpu' ? 'WebGPU' : 'WASM'}, ${detail}`;
}

/** One bar for loading and drawing, with the figures that belong to it. */
export function Progress({ model, job }: Pick<AppState, 'model' | 'job'>) {
  const texts = useTexts();
  const { share, text, facts } = viewOf({ model, job }, texts);
  const percent = share === null ? null : Math.round(share * 100);
  const backend = model.status === 'ready' ? backendName(model.loaded.backend) : null;
  const all = backend ? [...facts, { name: texts.progress.backend, value: backend }] : facts;
  return (
    <section
      className="panel progress"
      aria-label={texts.progress.label}
      data-stage={stageName({ model, job })}
    >
      <p className="progress-text">{text}</p>
      {/* Told apart from the text above, whose figures change too often to be read out. */}
      <p className="visually-hidden" role="status">
        {texts.stages[stageName({ model, job })]}
      </p>
      {job.status === 'queued' && <p className="hint">{texts.progress.queued}</p>}
      <div
        className="progress-bar"
        role="progressbar"
        aria-label={texts.progress.label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent ?? undefined}
        aria-valuetext={percent === null ? text : `${text}, ${percent} %`}
      >
        <span
          style={{ inlineSize: percent === null ? '100%' : `${percent}%` }}
          data-unknown={percent === null}
        />
      </div>
      <dl className="facts">
        {all.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
