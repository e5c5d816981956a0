/** The few keys with Ctrl, Cmd or Alt that mean something in a table: see table/keys.ts. */
function isOfTable({ key, altKey }: KeyboardEvent): boolean {
  return altKey ? /^Arrow(Left|Right)$/.test(key) : /^(a|A|Home|End)$/.test(key);
}

/**
 * JupyterLab reads bare keys as commands on the cell, wherever in its output the focus is: "d d"
 * on one of our buttons would delete the cell. Bare keys are ours; with Ctrl, Alt or Cmd they
 * stay the host's, but for what the table understands.
 */
export function keepBareKeys(root: HTMLElement, signal: AbortSignal): void {
  const onKeyDown = (event: KeyboardEvent) => {
    const [target] = event.composedPath();
    if (!(target instanceof Element) || !root.contains(target)) return;
    const theirs =
      (event.ctrlKey || event.metaKey || event.altKey) &&
      !(isOfTable(event) && target.closest(".rw-grid"));
    // On the focused element itself: JupyterLab tries that before it looks further up.
    target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  // On the window, before the host's listener on the document.
  window.addEventListener("keydown", onKeyDown, { capture: true, signal });
}
