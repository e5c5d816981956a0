/** The shapes. Inline, drawn in the colour of the text, and never read aloud. */
import type { ComponentChildren } from "preact";
import type { StateKey } from "../wire.gen.js";

export function Icon({ children, width = 1.6 }: { children: ComponentChildren; width?: number }) {
  return (
    <svg
      class="rw-icon"
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      stroke-width={width}
      stroke-linecap="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const ring = <circle cx="6" cy="6" r="4.6" />;

const SHAPES: Readonly<Record<StateKey, () => ComponentChildren>> = {
  queued: () => (
    <Icon>
      {ring}
      <path d="M6 3.6V6l1.7 1" />
    </Icon>
  ),
  running: () => (
    <Icon width={1.8}>
      <circle cx="6" cy="6" r="4.4" opacity=".25" />
      <path d="M6 1.6A4.4 4.4 0 0 1 10.4 6" />
    </Icon>
  ),
  done: () => (
    <Icon width={1.9}>
      <path d="M2.2 6.4 4.9 9l5-6" />
    </Icon>
  ),
  failed: () => (
    <Icon width={2}>
      <path d="M6 1.6v5.2M6 10v.2" />
    </Icon>
  ),
  cancelled: () => (
    <Icon>
      {ring}
      <path d="m3 9 6-6" />
    </Icon>
  ),
  unknown: () => (
    <Icon>
      <path d="M3.9 4.2a2.1 2.1 0 1 1 3.3 1.7C6.4 6.5 6 6.8 6 7.6M6 10v.1" />
    </Icon>
  ),
};

export function StateIcon({ state }: { state: StateKey }) {
  return SHAPES[state]();
}

export const CopyIcon = () => (
  <Icon width={1.3}>
    <rect x="3.8" y="3.8" width="6.6" height="6.6" rx="1" />
    <path d="M8 3.6V2.2a.8.8 0 0 0-.8-.8h-5a.8.8 0 0 0-.8.8v5a.8.8 0 0 0 .8.8h1.4" />
  </Icon>
);

export const TickIcon = () => SHAPES.done();

export const CrossIcon = () => (
  <Icon width={1.4}>
    <path d="m3 3 6 6M9 3 3 9" />
  </Icon>
);

export const ChevronIcon = () => (
  <Icon>
    <path d="m4.5 2.5 3.5 3.5-3.5 3.5" />
  </Icon>
);

export const LinkIcon = () => (
  <Icon width={1.4}>
    <path d="M5 2.2H2.2v7.6h7.6V7M7 2h3v3M10 2 5.6 6.4" />
  </Icon>
);
