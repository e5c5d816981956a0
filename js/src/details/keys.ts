/** The keys of the details, for the help. */
import type { Key } from "../monitor/help.js";

export const DETAIL_KEYS: readonly Key[] = [
  { keys: ["←", "→", "Home", "End"], does: "Go from tab to tab" },
  { keys: ["Enter"], does: "Open the tab; in the search of the logs: the next match" },
  { keys: ["Shift+Enter"], does: "In the search of the logs: the match before" },
  { keys: ["Esc"], does: "Clear the search; then close the details" },
];
