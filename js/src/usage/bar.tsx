/** A meter: what is used, what is expected on top of it, and how much there may be. */

interface Props {
  readonly label: string;
  readonly says: string;
  readonly used: number;
  readonly expected?: number | null;
  readonly limit: number;
  readonly level: "ok" | "near" | "reached";
}

const percent = (part: number) => `${Math.min(100, Math.max(0, part * 100))}%`;

export function Bar({ label, says, used, expected = null, limit, level }: Props) {
  const share = limit > 0 ? used / limit : 1;
  const more = limit > 0 ? Math.max(0, expected ?? 0) / limit : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot show two parts
    <div
      class={`rw-meter rw-meter-${level}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(limit, used, 0)}
      aria-valuenow={used}
      aria-valuetext={says}
      title={says}
    >
      <i class="rw-meter-used" style={{ inlineSize: percent(share) }} />
      {more > 0 && (
        <i
          class="rw-meter-more"
          style={{ inlineSize: percent(Math.min(more, 1 - Math.min(share, 1))) }}
        />
      )}
    </div>
  );
}
