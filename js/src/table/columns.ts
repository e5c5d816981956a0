/** The columns of the table: what each is called, and where it stands at first. */

export type ColumnKey =
  | "status"
  | "name"
  | "program"
  | "device"
  | "tags"
  | "created"
  | "elapsed"
  | "wait"
  | "estimate"
  | "usage"
  | "session";

export interface ColumnDef {
  readonly key: ColumnKey;
  readonly title: string;
  readonly hint?: string;
  /** Figures stand at the end of their cell. */
  readonly numeric?: true;
  /** The first click sorts from the most, the newest or the longest down. */
  readonly mostFirst?: true;
  /** In pixels, at first and at least. */
  readonly size: number;
  readonly least: number;
  /** What a table without room gives up first has the smallest; 9 stays. */
  readonly weight: number;
}

export const COLUMNS: readonly ColumnDef[] = [
  { key: "status", title: "Status", size: 190, least: 108, weight: 9 },
  { key: "name", title: "Job", size: 150, least: 96, weight: 9 },
  { key: "program", title: "Program", size: 88, least: 56, weight: 2 },
  { key: "device", title: "Device", size: 118, least: 64, weight: 7 },
  { key: "tags", title: "Tags", size: 112, least: 48, weight: 3 },
  { key: "created", title: "Created", mostFirst: true, size: 96, least: 64, weight: 4 },
  {
    key: "elapsed",
    title: "Elapsed",
    mostFirst: true,
    numeric: true,
    size: 92,
    least: 64,
    weight: 8,
  },
  {
    key: "wait",
    title: "Wait",
    numeric: true,
    hint: "Place in the queue, or the time waited",
    size: 96,
    least: 56,
    weight: 6,
  },
  {
    key: "estimate",
    title: "Estimate",
    mostFirst: true,
    numeric: true,
    hint: "Usage that the service expects",
    size: 84,
    least: 56,
    weight: 1,
  },
  {
    key: "usage",
    title: "Usage",
    mostFirst: true,
    numeric: true,
    hint: "Usage so far, as the service reports it",
    size: 96,
    least: 56,
    weight: 5,
  },
  {
    key: "session",
    title: "Session",
    hint: "The session or batch that it is part of",
    size: 112,
    least: 64,
    weight: 0,
  },
];

export const COLUMN_BY_KEY: ReadonlyMap<ColumnKey, ColumnDef> = new Map(
  COLUMNS.map((column) => [column.key, column]),
);
