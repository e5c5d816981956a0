/** The tags of a job: add with Enter, remove with a button. */
import { useEffect, useRef, useState } from "preact/hooks";
import { CrossIcon } from "./icons.js";

const MAX_TAGS = 8;
const MAX_LENGTH = 86;

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
  if (tags.length >= MAX_TAGS) return `A job can have at most ${MAX_TAGS} tags.`;
  const { length } = [...tag];
  if (length > MAX_LENGTH) {
    return `A tag can have at most ${MAX_LENGTH} characters; this one has ${length}.`;
  }
  return null;
}

function Tag({ tag, onRemove }: { tag: string; onRemove: (() => void) | null }) {
  return (
    <li class="rw-tag">
      <span class="rw-clip" title={tag}>
        {tag}
      </span>
      {onRemove && (
        <button type="button" class="rw-tag-x" aria-label={`Remove tag ${tag}`} onClick={onRemove}>
          <CrossIcon />
        </button>
      )}
    </li>
  );
}

export function TagList({ tags }: { tags: readonly string[] }) {
  return (
    <ul class="rw-tags">
      {tags.map((tag) => (
        <Tag key={tag} tag={tag} onRemove={null} />
      ))}
    </ul>
  );
}

interface InputProps {
  readonly onAdd: (tag: string) => void;
  readonly onClose: () => void;
}

function TagInput({ onAdd, onClose }: InputProps) {
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
      onBlur={(event) => event.currentTarget.value.trim() === "" && onClose()}
    />
  );
}

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
  const close = () => {
    setOpen(false);
    setSaid(null);
    opener.current?.focus();
  };
  const add = (tag: string) => {
    const trouble = tagTrouble(tag, shown);
    if (trouble !== null) return setSaid(trouble);
    close();
    void send([...shown, tag]);
  };
  const ready = editable && !pending;
  return (
    <>
      <ul class={`rw-tags ${pending ? "rw-pending" : ""}`} aria-label="Tags" aria-busy={pending}>
        {shown.map((tag) => (
          <Tag
            key={tag}
            tag={tag}
            onRemove={ready ? () => void send(shown.filter((one) => one !== tag)) : null}
          />
        ))}
      </ul>
      {editable && open && <TagInput onAdd={add} onClose={close} />}
      {editable && (
        <button
          type="button"
          class="rw-button rw-quiet"
          hidden={open}
          aria-disabled={!ready}
          ref={opener}
          onClick={() => ready && setOpen(true)}
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
