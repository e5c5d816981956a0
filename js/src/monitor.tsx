import type { Actions } from "./actions.js";
import type { Store } from "./store.js";

export function Monitor(_: { store: Store; actions: Actions; label: string }) {
  return null;
}
