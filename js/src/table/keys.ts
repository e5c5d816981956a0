/** The keys of the table: what each does, for the help, and what it asks for. */

export interface Key {
  readonly keys: readonly string[];
  readonly does: string;
}

export const KEYS: readonly Key[] = [
  { keys: ["↑", "↓", "←", "→"], does: "Go from cell to cell; the titles are above the first line" },
  { keys: ["Home", "End"], does: "Go to the first or the last cell of the line" },
  { keys: ["Ctrl+Home", "Ctrl+End"], does: "Go to the first or the last line" },
  { keys: ["Page Up", "Page Down"], does: "Go one screen up or down" },
  { keys: ["Space"], does: "Select the job, or let go of it; on a group: all of its jobs" },
  { keys: ["Shift+↑", "Shift+↓", "Shift+Space"], does: "Select all from where you began" },
  { keys: ["Ctrl+A"], does: "Select all jobs that match" },
  { keys: ["Enter"], does: "Open the job’s details; open or close a group" },
  { keys: ["Shift+Enter"], does: "On a group: open or close all groups" },
  { keys: ["Esc"], does: "Close the details; else select nothing" },
];

export const HEADER_KEYS: readonly Key[] = [
  { keys: ["Enter"], does: "Sort by the column, or the other way" },
  { keys: ["Shift+Enter"], does: "Sort by it too, within those before" },
  { keys: ["Alt+←", "Alt+→"], does: "Move the column" },
  { keys: ["+", "-"], does: "Make the column wider or narrower" },
  { keys: ["0"], does: "Give the column its first width back" },
  { keys: ["Delete"], does: "Hide the column; the menu “Columns” shows it again" },
];

/** What is asked for on a title alone. */
export type TitleOrder =
  | { readonly does: "moveColumn"; readonly by: number }
  | { readonly does: "resize"; readonly by: number }
  | { readonly does: "hide" };

/** What a key press in the table asks for. */
export type Order =
  | TitleOrder
  | { readonly does: "row" | "page"; readonly by: number; readonly extend: boolean }
  | { readonly does: "edge"; readonly last: boolean; readonly extend: boolean }
  | { readonly does: "column"; readonly by: number }
  | { readonly does: "lineEnd"; readonly last: boolean }
  | { readonly does: "toggle"; readonly extend: boolean }
  | { readonly does: "enter"; readonly add: boolean }
  | { readonly does: "all" | "escape" };

const BARE: Readonly<Record<string, (extend: boolean) => Order>> = {
  ArrowUp: (extend) => ({ does: "row", by: -1, extend }),
  ArrowDown: (extend) => ({ does: "row", by: 1, extend }),
  PageUp: (extend) => ({ does: "page", by: -1, extend }),
  PageDown: (extend) => ({ does: "page", by: 1, extend }),
  " ": (extend) => ({ does: "toggle", extend }),
  Enter: (extend) => ({ does: "enter", add: extend }),
  Escape: () => ({ does: "escape" }),
  Delete: () => ({ does: "hide" }),
  "+": () => ({ does: "resize", by: 1 }),
  "=": () => ({ does: "resize", by: 1 }),
  "-": () => ({ does: "resize", by: -1 }),
  "0": () => ({ does: "resize", by: 0 }),
};

/** What a key asks for; null for keys that are not the table's. */
export function orderOf(event: KeyboardEvent, rtl: boolean): Order | null {
  const { key, shiftKey: extend, altKey: alt } = event;
  const chord = event.ctrlKey || event.metaKey;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    if (chord || extend) return null;
    const by = (key === "ArrowRight") !== rtl ? 1 : -1;
    return alt ? { does: "moveColumn", by } : { does: "column", by };
  }
  if (alt) return null;
  const last = key === "End";
  if (key === "Home" || last) {
    return chord ? { does: "edge", last, extend } : { does: "lineEnd", last };
  }
  if (chord) return key.toLowerCase() === "a" && !extend ? { does: "all" } : null;
  return BARE[key]?.(extend) ?? null;
}
