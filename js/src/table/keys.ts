/** The keys of the table, for its help. */
export const KEYS: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ["↑", "↓"], does: "Go to the row above or below; above the first are the headers" },
  { keys: ["Home", "End"], does: "Go to the first or the last row" },
  { keys: ["Page Up", "Page Down"], does: "Go a screen up or down" },
  { keys: ["Enter"], does: "Open the details of the job, or close them; open or close a group" },
  { keys: ["←", "→"], does: "Close or open a group; go through what can be pressed in a row" },
  { keys: ["Space"], does: "Select the job, or all of the group" },
  { keys: ["Shift+↑", "Shift+↓"], does: "Select the rows on the way" },
  { keys: ["Ctrl+A"], does: "Select all jobs that match" },
  { keys: ["Escape"], does: "Clear the selection" },
];

export const HEADER_KEYS: typeof KEYS = [
  { keys: ["←", "→"], does: "Go to the next header" },
  { keys: ["Enter"], does: "Sort by the column; again: the other way round" },
  { keys: ["Shift+Enter"], does: "Sort by this column too, after the others" },
  { keys: ["Alt+←", "Alt+→"], does: "Move the column" },
  { keys: ["+", "−"], does: "Make the column wider or narrower" },
  { keys: ["Delete"], does: "Hide the column" },
];
