/** What is fetched, once it is there; until then what it waits for, or why it failed. */
import type { ComponentChildren } from "preact";
import type { Fetched } from "./fetched.js";

interface Props<T> {
  readonly of: Fetched<T>;
  /** What it is, in the plural: "results". */
  readonly what: string;
  readonly children: (value: T, at: number) => ComponentChildren;
}

export function Loaded<T>({ of, what, children }: Props<T>) {
  const { value, busy, hint, why, at } = of.state.value;
  const again = value === null ? "" : " again";
  return (
    <>
      <div class="rw-fetching rw-dim" role="status">
        {busy && `Fetching the ${what}${again}…`}
        {busy && hint && ` ${hint}.`}
      </div>
      {why !== null && (
        <div class="rw-note rw-bad" role="alert">
          The {what} could not be fetched{again}. {why}{" "}
          {!of.isOver() && (
            <button type="button" class="rw-button" onClick={() => void of.ask()}>
              Try again
            </button>
          )}
        </div>
      )}
      {value !== null && children(value, at ?? 0)}
    </>
  );
}

/** Nothing to show, and why: no trouble. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="rw-nothing rw-dim">{children}</p>;
}
