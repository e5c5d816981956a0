/** A job of the store, for the parts that show it. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { DeviceInfo, JobRow } from "./wire.gen.js";

/** Where a row's values are. */
export interface Source {
  readonly devices: ReadonlySignal<ReadonlyMap<string, DeviceInfo>>;
  rawOf(id: string): JobRow | undefined;
}

/** Made only for jobs that somebody shows: a signal for each field that is read. */
export class Row {
  readonly id: string;
  readonly #source: Source;
  readonly #version = signal(0);
  readonly #fields = new Map<keyof JobRow, ReadonlySignal<unknown>>();
  #raw: JobRow;
  #stale = false;

  constructor(source: Source, raw: JobRow) {
    this.#source = source;
    this.#raw = raw;
    this.id = raw.id;
  }

  /** The whole row, for sorting and counting: reading it subscribes to nothing. */
  get raw(): JobRow {
    if (this.#stale) {
      this.#stale = false;
      // A job that has left keeps what was last known of it.
      this.#raw = this.#source.rawOf(this.id) ?? this.#raw;
    }
    return this.#raw;
  }

  /** A field; the component that reads it is rendered again when it changes. */
  get<K extends keyof JobRow>(name: K): JobRow[K] {
    let field = this.#fields.get(name);
    if (!field) {
      field = computed(() => {
        void this.#version.value;
        return this.raw[name];
      });
      this.#fields.set(name, field);
    }
    return field.value as JobRow[K];
  }

  /** What is known of the job's device, which is told apart from the job. */
  get device(): DeviceInfo | null {
    return this.#source.devices.value.get(this.get("device")) ?? null;
  }

  /** For the store: the row has other values now. */
  touch(): void {
    this.#stale = true;
    this.#version.value++;
  }
}
