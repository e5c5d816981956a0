import { describe, expect, it } from "vitest";
import { Columns } from "../src/columns.js";
import { type Column, type Packed, unpack } from "../src/packed.js";
import { JOB_ROW_DEFAULTS } from "../src/wire.gen.js";

/** Bytes as they come in a message: they begin anywhere. */
function data(bytes: ArrayLike<number>): DataView {
  const buffer = new Uint8Array(bytes.length + 3);
  buffer.set(Array.from(bytes), 3);
  return new DataView(buffer.buffer, 3, bytes.length);
}

const text = (...values: string[]): Column => ({
  kind: "text",
  data: data(new TextEncoder().encode(values.map((value) => `${value}\n`).join(""))),
});
const numbers = (...values: number[]): Column => ({
  kind: "number",
  data: data(new Uint8Array(new Float64Array(values).buffer)),
});
const codes = (...values: number[]) => data(new Uint8Array(new Uint32Array(values).buffer));

function packed(columns: Packed["columns"]): Packed {
  const words: Packed["columns"] = {
    id: text("a", "b", "ü"),
    status: { kind: "choice", values: ["Queued", "Running"], data: codes(0, 1, 0) },
    state: { kind: "choice", values: ["queued", "running"], data: codes(0, 1, 0) },
  };
  return { count: 3, columns: { ...words, ...columns } };
}

describe("packed rows", () => {
  it("are read by column, each in its way", () => {
    const error = { message: "No\nway", code: 1, solution: null, trace: null };
    const columns = unpack(
      packed({
        created: numbers(1.5, Number.NaN, 3),
        final: { kind: "flag", data: data([0, 1, 0]) },
        tags: { kind: "choice", values: [["x", "y"], []], data: codes(0, 1, 0) },
        error: { kind: "sparse", values: [error], data: codes(1) },
        usage_s: { kind: "sparse", values: [0], data: codes(2) },
        name: { kind: "choice", values: [null, "first"], data: codes(1, 0, 0) },
      }),
    );
    expect([...columns.slots]).toEqual([
      ["a", 0],
      ["b", 1],
      ["ü", 2],
    ]);
    expect(columns.row(0)).toEqual({
      ...JOB_ROW_DEFAULTS,
      id: "a",
      status: "Queued",
      state: "queued",
      created: 1.5,
      final: false,
      tags: ["x", "y"],
      name: "first",
    });
    expect(columns.row(1)).toMatchObject({ created: null, final: true, tags: [], error });
    expect(columns.row(2)).toMatchObject({ usage_s: 0, created: 3, error: null });
    expect(columns.get(0, "usage_s")).toBeNull();
  });

  it("need no column that all rows leave out", () => {
    const columns = unpack(packed({}));
    expect(columns.column("error")).toBeNull();
    expect(columns.get(2, "tags")).toEqual([]);
  });
});

describe("columns", () => {
  it("grow, and give a slot that was left to the next", () => {
    const columns = new Columns();
    for (let i = 0; i < 1000; i++) columns.set(columns.add(`job-${i}`), "usage_s", i);
    expect(columns.get(999, "usage_s")).toBe(999);
    columns.remove("job-7");
    expect(columns.add("new")).toBe(7);
    expect(columns.get(7, "usage_s")).toBeNull();
    expect(columns.length).toBe(1000);
  });

  it("say whether a value is another", () => {
    const columns = new Columns();
    const slot = columns.add("a");
    expect(columns.set(slot, "usage_s", null)).toBe(false);
    expect(columns.set(slot, "usage_s", 0)).toBe(true);
    expect(columns.set(slot, "usage_s", 0)).toBe(false);
    expect(columns.set(slot, "tags", [])).toBe(false);
    expect(columns.set(slot, "tags", ["a"])).toBe(true);
    expect(columns.set(slot, "tags", ["a"])).toBe(false);
    expect(columns.set(slot, "name", "[]")).toBe(true);
    expect(columns.get(slot, "name")).toBe("[]");
  });

  it("keep what they held when a value of another kind comes", () => {
    const columns = new Columns();
    const [a, b] = [columns.add("a"), columns.add("b")];
    columns.set(a, "attempts", 2);
    columns.set(b, "attempts", "many");
    expect([columns.get(a, "attempts"), columns.get(b, "attempts")]).toEqual([2, "many"]);
  });

  it("drop values that no row has any more", () => {
    const columns = new Columns();
    const slot = columns.add("a");
    for (let i = 0; i < 5000; i++) columns.set(slot, "name", `name ${i}`);
    const column = columns.column("name");
    expect(columns.get(slot, "name")).toBe("name 4999");
    expect(column?.kind === "choice" && column.values.length).toBeLessThan(2000);
  });
});
