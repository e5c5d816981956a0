/** Copies a text, and says so. */
import { useEffect, useState } from "preact/hooks";
import { CopyIcon, TickIcon } from "./icons.js";

const SHOWN_MS = 2000;

async function copy(text: string, near: HTMLElement): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // A page without https has no clipboard but the old one.
  const area = document.createElement("textarea");
  area.value = text;
  near.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  near.focus();
  if (!done) throw new Error("this page may not use the clipboard");
}

interface Props {
  readonly text: string;
  readonly what: string;
  /** Words on the button; without them it is a square with a sign. */
  readonly label?: string;
}

export function CopyButton({ text, what, label }: Props) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const onClick = (event: { currentTarget: HTMLElement }) => {
    copy(text, event.currentTarget).then(
      () => setSaid("Copied"),
      () => setSaid("Not copied: this page may not use the clipboard"),
    );
  };
  return (
    <span class="rw-copy">
      <button
        type="button"
        class={label ? "rw-button rw-labelled" : "rw-button rw-quiet rw-square"}
        aria-label={label ?? `Copy ${what}`}
        title={said || `Copy ${what}`}
        onClick={onClick}
      >
        {said === "Copied" ? <TickIcon /> : <CopyIcon />}
        {label}
      </button>
      <span class="rw-sr" role="status">
        {said}
      </span>
    </span>
  );
}
