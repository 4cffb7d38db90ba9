import {
  useCallback,
  useRef,
  useState,
  useSyncExternalStore,
  type CSSProperties,
  type KeyboardEvent,
} from 'react';
import type { ClipFacts } from '../state/appState';
import type { FrameStore } from '../state/frameStore';
import type { Player } from '../state/player';
import { roundOfSlot } from '../state/slots';
import { FrameThumb } from './FrameThumb';
import { useTexts } from './texts/TextsContext';

interface TimelineProps {
  frames: FrameStore;
  player: Player;
  /** Slots of the clip to come, before a job has said so. */
  plannedSlots: number;
  /** The stage of the action that each frame is to show, by slot. */
  storyboard: ClipFacts['storyboard'];
}

/** Steps of the arrow and page keys, in slots; `interval` is the distance of two key frames. */
function stepOf(key: string, interval: number, slot: number, count: number): number {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return 1;
    case 'ArrowLeft':
    case 'ArrowUp':
      return -1;
    case 'PageDown':
      return interval;
    case 'PageUp':
      return -interval;
    case 'Home':
      return -slot;
    case 'End':
      return count - 1 - slot;
    default:
      return 0;
  }
}

/** Long: too many in-between frames for one column. Short: too few for one row of a phone. */
function sheetClass(interval: number): string {
  if (interval > 8) return 'sheet sheet-long';
  return interval < 4 ? 'sheet sheet-short' : 'sheet';
}

/**
 * The exposure sheet: every column begins with a key frame, its in-between frames follow beneath
 * (on narrow screens: rows instead of columns), so one sees the rounds fill in.
 */
export function Timeline({ frames, player, plannedSlots, storyboard }: TimelineProps) {
  const texts = useTexts();
  const sheet = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const finals = useSyncExternalStore(frames.subscribe, () => frames.finals);
  const drafts = useSyncExternalStore(frames.subscribe, () => frames.drafts);
  const shown = useSyncExternalStore(player.subscribe, () => player.shown?.slot ?? -1);
  const mode = useSyncExternalStore(player.subscribe, () => player.mode);
  const count = frames.slotCount || plannedSlots;
  const interval = Math.max(1, (count - 1) / 4);
  const rounds = Math.round(Math.log2(interval));
  const tabStop = Math.min(focused, count - 1);

  const choose = useCallback(
    (slot: number) => {
      setFocused(slot);
      player.freeze(slot);
    },
    [player],
  );

  const move = (event: KeyboardEvent): void => {
    const step = stepOf(event.key, interval, tabStop, count);
    if (step === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, tabStop + step));
    setFocused(next);
    sheet.current?.querySelector<HTMLElement>(`[data-slot="${next}"]`)?.focus();
  };

  return (
    <section className="timeline" aria-label={texts.timeline.title}>
      <div
        ref={sheet}
        className={sheetClass(interval)}
        role="group"
        aria-label={texts.timeline.help}
        style={{ '--interval': interval } as CSSProperties}
        onKeyDown={move}
      >
        {Array.from({ length: count }, (_, slot) => (
          <FrameThumb
            key={slot}
            slot={slot}
            count={count}
            round={roundOfSlot(slot, rounds)}
            stage={storyboard?.[slot]?.[texts.language.code]}
            frame={frames.final(slot) ?? drafts.find((draft) => draft.slot === slot) ?? null}
            current={slot === shown}
            held={slot === shown && mode === 'paused'}
            tabStop={slot === tabStop}
            onChoose={choose}
          />
        ))}
      </div>
      <Legend finals={finals.length} count={count} />
    </section>
  );
}

function Legend({ finals, count }: { finals: number; count: number }) {
  const texts = useTexts();
  return (
    <div className="legend">
      <p className="legend-count">
        <strong>{finals}</strong> / {count}
      </p>
      <ul>
        <li className="legend-key">{texts.timeline.key}</li>
        <li className="legend-between">{texts.timeline.between}</li>
      </ul>
    </div>
  );
}
