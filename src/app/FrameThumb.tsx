import { memo, useEffect, useRef } from 'react';
import type { ClipFrame } from '../state/frameStore';
import { drawFrame } from './drawFrame';
import { useTexts } from './texts/TextsContext';

interface FrameThumbProps {
  slot: number;
  /** Slots of the clip. */
  count: number;
  /** 0 = key frame. */
  round: number;
  /** What the storyboard says that it shows. */
  stage: string | undefined;
  frame: ClipFrame | null;
  /** In view in the preview now. */
  current: boolean;
  /** The preview is stopped on it. */
  held: boolean;
  /** The one thumbnail that Tab reaches; the arrow keys go on from it. */
  tabStop: boolean;
  onChoose: (slot: number) => void;
}

function FrameThumbButton(props: FrameThumbProps) {
  const { slot, count, round, stage, frame, current, held, tabStop, onChoose } = props;
  const texts = useTexts().timeline;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawFrame(canvas.current, frame);
  }, [frame]);

  const ready = frame !== null && frame.drawn === 1;
  const frameName = !ready
    ? texts.missing(slot + 1, count)
    : round === 0
      ? texts.keyAlt(slot + 1, count)
      : texts.betweenAlt(slot + 1, count, round);
  const name = stage === undefined ? frameName : texts.withStage(frameName, stage);
  return (
    <button
      type="button"
      className="thumb"
      data-slot={slot}
      data-round={round}
      data-kind={round === 0 ? 'key' : 'between'}
      data-state={ready ? 'final' : frame ? 'drawing' : 'missing'}
      data-current={current}
      aria-label={name}
      aria-pressed={held}
      aria-disabled={!ready}
      tabIndex={tabStop ? 0 : -1}
      title={stage}
      data-stage={round === 0 ? stage : undefined}
      onClick={() => {
        if (ready) onChoose(slot);
      }}
    >
      <canvas ref={canvas} width={96} height={96} aria-hidden="true" />
      <span className="thumb-number" aria-hidden="true">
        {slot + 1}
      </span>
    </button>
  );
}

/** One frame of the timeline; drawn again only when its own frame changes. */
export const FrameThumb = memo(FrameThumbButton);
