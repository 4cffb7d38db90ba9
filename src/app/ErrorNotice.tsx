import type { Failure } from '../state/failure';
import { FailureText } from './FailureText';

interface ErrorNoticeProps {
  failure: Failure;
  retryLabel: string;
  onRetry: () => void;
}

export function ErrorNotice({ failure, retryLabel, onRetry }: ErrorNoticeProps) {
  return (
    <section className="notice error" role="alert" data-kind={failure.kind}>
      <FailureText failure={failure} />
      <button type="button" onClick={onRetry}>
        {retryLabel}
      </button>
    </section>
  );
}
