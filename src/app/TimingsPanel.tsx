import type { JobTimings, StageTiming } from '../shared/protocol';
import type { Texts } from './texts/en';
import { useTexts } from './texts/TextsContext';

interface TimingsPanelProps {
  timings: JobTimings;
}

/** For whoever looks after speed: where a finished clip's time went, stage by stage. */
export function TimingsPanel({ timings }: TimingsPanelProps) {
  const texts = useTexts();
  const { title, restHelp, total, seconds, ...heads } = texts.timings;
  const columns = [heads.stage, heads.whole, heads.steps, heads.step, heads.decode, heads.upscale];
  return (
    <details className="panel timings-panel">
      <summary>
        <h2>{title}</h2>
        <span className="hint">{seconds((timings.total / 1000).toFixed(1))}</span>
      </summary>
      <div className="table-scroll" role="region" aria-label={title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {[...columns, heads.rest].map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {timings.stages.map((stage) => (
              <StageRow key={`${stage.stage} ${stage.round}`} stage={stage} texts={texts} />
            ))}
            <tr>
              <th scope="row">{total}</th>
              <td>{seconds((timings.total / 1000).toFixed(2))}</td>
              <td colSpan={columns.length - 1} />
            </tr>
          </tbody>
        </table>
      </div>
      <p className="hint">{restHelp}</p>
    </details>
  );
}

function StageRow({ stage, texts }: { stage: StageTiming; texts: Texts }) {
  const { seconds, milliseconds } = texts.timings;
  const inSeconds = (time: number): string => seconds((time / 1000).toFixed(2));
  const { steps, stepMilliseconds } = stage;
  const values = [
    inSeconds(stage.milliseconds),
    steps > 0 ? `${steps}, ${inSeconds(stepMilliseconds)}` : '',
    steps > 0 ? milliseconds((stepMilliseconds / steps).toFixed(2)) : '',
    inSeconds(stage.decodeMilliseconds),
    inSeconds(stage.upscaleMilliseconds),
    inSeconds(otherMilliseconds(stage)),
  ];
  return (
    <tr>
      <th scope="row">{stageTitle(stage, texts)}</th>
      {values.map((value, column) => (
        <td key={column}>{value}</td>
      ))}
    </tr>
  );
}

/** What is left of a stage beside steps and finished frames. */
export function otherMilliseconds(stage: StageTiming): number {
  const { milliseconds, stepMilliseconds, decodeMilliseconds, upscaleMilliseconds } = stage;
  return Math.max(0, milliseconds - stepMilliseconds - decodeMilliseconds - upscaleMilliseconds);
}

function stageTitle({ stage, round }: StageTiming, { timings }: Texts): string {
  return stage === 'interpolate' ? timings.round(round) : timings[stage];
}
