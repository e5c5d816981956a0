/** The shapes of the tools, which stand for their words where there is no room for these. */
import type { ComponentChildren } from "preact";
import { Icon } from "../parts/icons.js";

export const FilterIcon = () => (
  <Icon width={1.4}>
    <path d="M1.5 2.2h9L7.2 6.4v3.4l-2.4-1.2V6.4Z" stroke-linejoin="round" />
  </Icon>
);

export const ColumnsIcon = () => (
  <Icon width={1.4}>
    <rect x="1.5" y="2" width="9" height="8" rx="1" />
    <path d="M4.5 2v8M7.5 2v8" />
  </Icon>
);

export const ExportIcon = () => (
  <Icon width={1.4}>
    <path d="M6 1.5v5.6M3.6 4.9 6 7.3l2.4-2.4M1.8 9.8h8.4" stroke-linejoin="round" />
  </Icon>
);

export const BellIcon = () => (
  <Icon width={1.4}>
    <path
      d="M2.2 8.6c1-.8 1-1.8 1-3.2a2.8 2.8 0 0 1 5.6 0c0 1.4 0 2.4 1 3.2ZM5 10.4h2"
      stroke-linejoin="round"
    />
  </Icon>
);

export const CloseAllIcon = () => (
  <Icon width={1.4}>
    <path d="m3 1.6 3 2.8 3-2.8M3 10.4l3-2.8 3 2.8" />
  </Icon>
);

export const OpenAllIcon = () => (
  <Icon width={1.4}>
    <path d="m3 4.4 3-2.8 3 2.8M3 7.6l3 2.8 3-2.8" />
  </Icon>
);

/** A word, and the shape that stands for it. */
export function Tool({ word, children }: { word: string; children: ComponentChildren }) {
  return (
    <>
      <span class="rw-tool-icon">{children}</span>
      <span class="rw-word">{word}</span>
    </>
  );
}
