/** The tags of a job: add with Enter, remove with a button. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { CrossIcon } from "./icons.js";

export const MAX_TAGS = 8;
const MAX_LENGTH = 86;
export const FULL = `A job can have at most ${MAX_TAGS} tags.`;

export interface TagsProps {
  readonly tags: readonly string[];
  readonly editable: boolean;
  /** Resolves to a sentence where it failed. */
  readonly onChange: (
    tags: readonly string[],
    onSlow: (why: string) => void,
  ) => Promise<string | null>;
}

/** Why a tag cannot be added, as a sentence; null where it can. */
export function tagTrouble(tag: string, tags: readonly string[]): string | null {
  if (tags.includes(tag)) return `The job already has the tag “${tag}”.`;
  if (tags.length >= MAX_TAGS) return FULL;
  const { length } = [...tag];
  if (length > MAX_LENGTH) {
    return `A tag can have at most ${MAX_LENGTH} characters; this one has ${length}.`;
  }
  return null;
}

interface TagProps {
  readonly tag: string;
  /** Where it cannot be removed at all: null. */
  readonly onRemove: (() => void) | null;
  readonly busy?: boolean;
}

function Tag({ tag, onRemove, busy = false }: TagProps) {
  return (
    <li class="rw-tag">
      <span class="rw-clip" title={tag}>
        {tag}
      </span>
      {onRemove && (
        <button
          type="button"
          class="rw-tag-x"
          aria-label={`Remove tag ${tag}`}
          aria-disabled={busy}
          onClick={() => !busy && onRemove()}
        >
          <CrossIcon />
        </button>
      )}
    </li>
  );
}

// About how wide a letter of a tag is, what is around its text, and what says that there are more.
const LETTER = 6.6;
const AROUND = 16;
const MORE = 24;

/** How many of the tags have room in so many pixels, and a word for the others; one at least. */
export function fitting(tags: readonly string[], room: number): number {
  let left = room;
  for (const [n, tag] of tags.entries()) {
    left -= [...tag].length * LETTER + AROUND;
    const needed = n + 1 < tags.length ? MORE : 0;
    if (n > 0 && left < needed) return n;
  }
  return tags.length;
}

/** Tags on one line, of which those without room are counted. */
export function TagList({ tags, room }: { tags: readonly string[]; room: number }) {
  const shown = fitting(tags, room);
  return (
    <ul class="rw-tags">
      {tags.slice(0, shown).map((tag) => (
        <Tag key={tag} tag={tag} onRemove={null} />
      ))}
      {shown < tags.length && <li class="rw-dim">+{tags.length - shown}</li>}
    </ul>
  );
}

interface InputProps {
  readonly onAdd: (tag: string) => void;
  readonly onClose: () => void;
  /** The focus has gone elsewhere by itself. */
  readonly onLeave: () => void;
}

function TagInput({ onAdd, onClose, onLeave }: InputProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLInputElement }) => {
    // The notebook listens for keys of its own.
    event.stopPropagation();
    const tag = event.currentTarget.value.trim();
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && tag) onAdd(tag);
  };
  return (
    <input
      class="rw-input rw-tag-input"
      aria-label="New tag"
      placeholder="Tag, then Enter"
      ref={input}
      onKeyDown={onKeyDown}
      onBlur={(event) => event.currentTarget.value.trim() === "" && onLeave()}
    />
  );
}

// No tag is there, so the opener gets the focus.
const OPENER = -1;

/** What was asked for, shown until the server's record says it too. */
interface Held {
  readonly tags: readonly string[];
  readonly accepted: boolean;
}

export function Tags({ tags, editable, onChange }: TagsProps) {
  const [open, setOpen] = useState(false);
  const [held, setHeld] = useState<Held | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLUListElement>(null);
  // Which remove button gets the focus once it is drawn; the opener where there is none.
  const next = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (next.current === null) return;
    const button = list.current?.querySelectorAll<HTMLElement>(".rw-tag-x")[next.current];
    (button ?? opener.current)?.focus();
    next.current = null;
  });
  const shown = held?.tags ?? tags;
  const pending = held !== null && !held.accepted;
  // The server's record has come: it is the truth.
  useEffect(() => setHeld(null), [tags]);

  const send = async (next: readonly string[]) => {
    setHeld({ tags: next, accepted: false });
    setSaid(null);
    const trouble = await onChange(next, (why) => setSaid(`${why}.`));
    setSaid(trouble);
    // Unless its record was quicker than its answer.
    setHeld((now) =>
      now?.tags === next && trouble === null ? { tags: next, accepted: true } : null,
    );
  };
  const leave = () => {
    setOpen(false);
    setSaid(null);
  };
  const close = () => {
    leave();
    next.current = OPENER;
  };
  const add = (tag: string) => {
    const trouble = tagTrouble(tag, shown);
    if (trouble !== null) return setSaid(trouble);
    close();
    void send([...shown, tag]);
  };
  const remove = (tag: string) => {
    next.current = shown.indexOf(tag);
    void send(shown.filter((one) => one !== tag));
  };
  const full = shown.length >= MAX_TAGS;
  const openInput = () => {
    if (full) setSaid(FULL);
    else if (!pending) setOpen(true);
  };
  return (
    <>
      <ul
        class={`rw-tags ${pending ? "rw-pending" : ""}`}
        aria-label="Tags"
        aria-busy={pending}
        ref={list}
      >
        {shown.map((tag) => (
          <Tag key={tag} tag={tag} onRemove={editable ? () => remove(tag) : null} busy={pending} />
        ))}
      </ul>
      {editable && open && <TagInput onAdd={add} onClose={close} onLeave={leave} />}
      {editable && (
        <button
          type="button"
          class="rw-button rw-quiet"
          hidden={open}
          aria-disabled={pending || full}
          title={full ? FULL : undefined}
          ref={opener}
          onClick={openInput}
        >
          + tag
        </button>
      )}
      {said && (
        <span class="rw-said" role="alert">
          {said}
        </span>
      )}
    </>
  );
}
