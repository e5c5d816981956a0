/**
 * Many rows as columns: what widgets/_packed.py writes. A column that is left out has its
 * default in all rows. Numbers are little-endian.
 */
import type { JobRow } from "./wire.gen.js";

export type Column =
  /** UTF-8, each followed by a line feed; no value holds one. */
  | { readonly kind: "text"; readonly data: DataView }
  /** Float64; NaN is null. */
  | { readonly kind: "number"; readonly data: DataView }
  /** Uint8: 0 false, 1 true, 2 null. */
  | { readonly kind: "flag"; readonly data: DataView }
  /** Uint32 codes into `values`. */
  | { readonly kind: "choice"; readonly values: readonly unknown[]; readonly data: DataView }
  /** Uint32 places of the few rows that have a value; the others have the default. */
  | { readonly kind: "sparse"; readonly values: readonly unknown[]; readonly data: DataView };

export interface Packed {
  readonly count: number;
  readonly columns: Partial<Record<keyof JobRow, Column>>;
}
