/** Samples of what the kernel tells of one job. */
import type {
  InputsInfo,
  Outcomes,
  PubInput,
  PubOutput,
  ResultsInfo,
  Values,
} from "../src/details/shapes.gen.js";

export function outcomes(fields: Partial<Outcomes> = {}): Outcomes {
  const top = [
    { bits: "00", count: 2036, share: 0.497, cut: false },
    { bits: "11", count: 2060, share: 0.503, cut: false },
  ];
  const about = { name: "meas", num_bits: 2, shots: 4096, sets: 1, counted: 4096, distinct: 2 };
  return { ...about, top, ...fields };
}

export function values(fields: Partial<Values> = {}): Values {
  return {
    name: "evs",
    dtype: "float64",
    shape: [2],
    count: 2,
    first: [
      { at: [0], value: 0.98916256, error: 0.015625 },
      { at: [1], value: "nan", error: null },
    ],
    low: -1,
    high: 0.98916256,
    error_name: "stds",
    ...fields,
  };
}

export function pub(fields: Partial<PubOutput> = {}): PubOutput {
  const none = { outcomes: [], values: [], others: [], metadata: null, trouble: null };
  return { index: 0, shape: [], fields: 0, ...none, ...fields };
}

export function results(fields: Partial<ResultsInfo> = {}): ResultsInfo {
  const none = { plain: null, metadata: null, spans: null, interim: 0 };
  return {
    part: "results",
    note: "",
    what: "PUB",
    pubs: [],
    first: 0,
    total: 0,
    size: 3252,
    ...none,
    ...fields,
  };
}

const CIRCUIT = {
  name: "ansatz",
  num_qubits: 127,
  used: 5,
  num_clbits: 5,
  size: 40,
  depth: 12,
  ops: [{ name: "cx", count: 12 }],
  kinds: 4,
  parameters: ["θ"],
  num_parameters: 30,
};

export function given(fields: Partial<PubInput> = {}): PubInput {
  const none = { shots: null, precision: null, num_observables: 0, observables_shape: null };
  const lists = { observables: [], others: [] };
  return {
    index: 0,
    circuit: CIRCUIT,
    values_shape: [5, 30],
    trouble: null,
    ...none,
    ...lists,
    ...fields,
  };
}

export function inputs(fields: Partial<InputsInfo> = {}): InputsInfo {
  return {
    part: "inputs",
    note: "",
    program: "sampler",
    device: "ibm_fez",
    image: "",
    max_seconds: 300,
    what: "PUB",
    pubs: [given()],
    first: 0,
    total: 1,
    options: [{ name: "default_shots", value: "100" }],
    num_options: 1,
    plain: null,
    size: 3_200_000,
    ...fields,
  };
}
