import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The peg bar of an animation desk: a round peg between two flat ones. */
export function PegBarIcon() {
  return (
    <svg className="peg-icon" viewBox="0 0 44 12" aria-hidden="true" focusable="false">
      <rect x="0" y="3" width="14" height="6" rx="3" />
      <circle cx="22" cy="6" r="5.5" />
      <rect x="30" y="3" width="14" height="6" rx="3" />
    </svg>
  );
}

export function PlayIcon() {
  return (
    <Icon>
      <path d="M6 3.5v13l10.5-6.5z" />
    </Icon>
  );
}

export function PauseIcon() {
  return (
    <Icon>
      <path d="M5 3.5h3.6v13H5zM11.4 3.5H15v13h-3.6z" />
    </Icon>
  );
}

export function DiceIcon() {
  return (
    <Icon>
      <path
        fillRule="evenodd"
        d="M5 2h10a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3zm1.2 2.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zM10 8.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm3.8 3.8a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z"
      />
    </Icon>
  );
}

/** Half dark, half light; full for one of them. */
export function ThemeIcon({ theme }: { theme: 'auto' | 'light' | 'dark' }) {
  return (
    <Icon>
      <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" strokeWidth="2" />
      {theme === 'auto' && <path d="M10 3a7 7 0 0 1 0 14z" />}
      {theme === 'dark' && <circle cx="10" cy="10" r="7" />}
    </Icon>
  );
}
