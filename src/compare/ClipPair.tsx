import { useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import { PairPlayback } from './pairPlayback';
import { useCompareTexts } from './texts/CompareTextsContext';

export interface PlaybackHandle {
  replay: () => void;
}

interface ClipPairProps {
  left: File;
  right: File;
  ref: Ref<PlaybackHandle>;
  /** Counts replays by hand. */
  onReplay: () => void;
  /** A clip cannot be played. */
  onBroken: () => void;
}

/** Two clips side by side, looped and in step. Nothing in the page says which files they are. */
export function ClipPair({ left, right, ref, onReplay, onBroken }: ClipPairProps) {
  const { vote } = useCompareTexts();
  const [urls] = useState(() => [left, right].map((file) => URL.createObjectURL(file)));
  const leftVideo = useRef<HTMLVideoElement>(null);
  const rightVideo = useRef<HTMLVideoElement>(null);
  const playback = useRef<PairPlayback>(null);
  const [playing, setPlaying] = useState(false);

  useEffect(() => {
    if (!leftVideo.current || !rightVideo.current) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const pair = new PairPlayback(leftVideo.current, rightVideo.current, !still, setPlaying);
    playback.current = pair;
    return () => {
      pair.dispose();
      for (const url of urls) URL.revokeObjectURL(url);
    };
  }, [urls]);

  const replay = (): void => {
    playback.current?.replay();
    onReplay();
  };
  useImperativeHandle(ref, () => ({ replay }));

  const sides = [
    { video: leftVideo, url: urls[0], name: vote.left },
    { video: rightVideo, url: urls[1], name: vote.right },
  ];
  return (
    <div className="clip-pair">
      {sides.map(({ video, url, name }) => (
        <figure key={name}>
          <video
            ref={video}
            src={url}
            aria-label={name}
            muted
            playsInline
            preload="auto"
            disablePictureInPicture
            onContextMenu={(event) => event.preventDefault()}
            onError={onBroken}
          />
          <figcaption aria-hidden="true">{name}</figcaption>
        </figure>
      ))}
      <div className="button-row">
        <button type="button" onClick={() => playback.current?.toggle()}>
          {playing ? vote.pause : vote.play}
        </button>
        <button type="button" onClick={replay}>
          {vote.replay}
        </button>
      </div>
    </div>
  );
}
