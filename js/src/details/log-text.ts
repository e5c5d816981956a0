/** A log as lines, and what is found in it. */

/** A longer line is shown in pieces: a browser takes seconds to lay out one of a megabyte. */
export const LONGEST_LINE = 4000;
/** Most matches that are counted. */
export const MOST_MATCHES = 2000;

export interface Match {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export interface Found {
  readonly matches: readonly Match[];
  /** Whether there are more than those. */
  readonly more: boolean;
}

export function linesOf(text: string): readonly string[] {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.every((line) => line.length <= LONGEST_LINE)) return lines;
  return lines.flatMap((line) =>
    Array.from({ length: Math.max(1, Math.ceil(line.length / LONGEST_LINE)) }, (_, piece) =>
      line.slice(piece * LONGEST_LINE, (piece + 1) * LONGEST_LINE),
    ),
  );
}

function pattern(query: string): RegExp {
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "gi");
}

/** Where `query` stands, whatever its case. */
export function find(lines: readonly string[], query: string): Found {
  const matches: Match[] = [];
  if (!query) return { matches, more: false };
  const wanted = pattern(query);
  for (const [line, text] of lines.entries()) {
    for (const match of text.matchAll(wanted)) {
      if (matches.length === MOST_MATCHES) return { matches, more: true };
      matches.push({ line, start: match.index, end: match.index + match[0].length });
    }
  }
  return { matches, more: false };
}
