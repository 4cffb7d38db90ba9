import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { StageName } from '../state/appState';
import type { FrameStore } from '../state/frameStore';
import type { Player } from '../state/player';
import { drawFrame } from './drawFrame';
import { PauseIcon, PegBarIcon, PlayIcon } from './icons';
import { useTexts } from './texts/TextsContext';

interface StageProps {
  frames: FrameStore;
  player: Player;
  stage: StageName;
}

/** The light table: the clip plays here while it grows. */
export function Stage({ frames, player, stage }: StageProps) {
  const texts = useTexts();
  const section = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const finals = useSyncExternalStore(frames.subscribe, () => frames.finals.length);
  const mode = useSyncExternalStore(player.subscribe, () => player.mode);
  const empty = useSyncExternalStore(player.subscribe, () => player.shown === null);

  useEffect(() => {
    const draw = (): void => {
      if (canvas.current) drawFrame(canvas.current, player.shown);
    };
    draw();
    return player.subscribe(draw);
  }, [player]);

  // On a phone the stage lies below the prompt: show it when the drawing begins.
  const drawing = stage === 'keyframes';
  useEffect(() => {
    if (drawing) section.current?.scrollIntoView({ block: 'nearest' });
  }, [drawing]);

  const playing = mode === 'playing';
  return (
    <section ref={section} className="stage" aria-label={texts.preview.label}>
      <div className="paper">
        <canvas
          ref={canvas}
          className="preview"
          width={96}
          height={96}
          role="img"
          aria-label={texts.preview.label}
          data-frames={finals}
          data-stage={stage}
        />
        {empty && <p className="paper-empty">{texts.preview.empty}</p>}
        <DraftInset frames={frames} />
      </div>
      <div className="peg-bar">
        <PegBarIcon />
        <button
          type="button"
          className="play-button"
          hidden={finals < 2}
          onClick={() => (playing ? player.pause() : player.play())}
        >
          {playing ? <PauseIcon /> : <PlayIcon />}
          {playing ? texts.preview.pause : texts.preview.play}
        </button>
        <ShownFrame frames={frames} player={player} />
      </div>
    </section>
  );
}

/** The number of the frame in view, only while it is held: a running count would be noise. */
function ShownFrame({ frames, player }: Pick<StageProps, 'frames' | 'player'>) {
  const texts = useTexts();
  const held = useSyncExternalStore(player.subscribe, () =>
    player.mode === 'paused' && player.shown ? player.shown.slot : -1,
  );
  return (
    <span className="shown-frame" aria-live="polite">
      {held >= 0 && texts.preview.showing(held + 1, frames.slotCount)}
    </span>
  );
}

/** The first frame being drawn, by cells or passes, in the corner while the finished ones play. */
function DraftInset({ frames }: Pick<StageProps, 'frames'>) {
  const texts = useTexts();
  const canvas = useRef<HTMLCanvasElement>(null);
  const draft = useSyncExternalStore(frames.subscribe, () => frames.draft);
  const visible = draft !== null && frames.finals.length > 0;

  useEffect(() => {
    if (visible && canvas.current) drawFrame(canvas.current, draft);
  }, [draft, visible]);

  if (!visible) return null;
  return (
    <figure className="draft-inset">
      <canvas ref={canvas} aria-hidden="true" />
      <figcaption>{texts.preview.drawing(draft.slot + 1)}</figcaption>
    </figure>
  );
}
