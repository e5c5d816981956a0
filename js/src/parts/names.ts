/** Names of elements, for ARIA to refer to. */
import { useState } from "preact/hooks";

let made = 0;

/** A name that nothing else in the page has: Preact's own are unique in one view alone. */
export function useName(): string {
  const [name] = useState(() => `rw-${++made}-${Math.random().toString(36).slice(2, 8)}`);
  return name;
}
