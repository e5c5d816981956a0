/** What a person chose for all views in this browser: kept where the browser allows it. */

const PREFIX = "runtime_widgets.";

/** What was kept under `name`; null where nothing was, or nothing can be. */
export function recall(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    // Private windows and sandboxed frames have no storage; another version may have left other text.
    return null;
  }
}

/** Keeps `value`; null forgets it. */
export function remember(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Then it holds until the page is left.
  }
}
