/** What the drawer has fetched of one job. Another job has another one: no answer is mixed up. */
import type { Actions } from "../actions.js";
import type { Part } from "../wire.gen.js";
import { Fetched } from "./fetched.js";
import type { CircuitText, InputsInfo, RawRecord, ResultsInfo } from "./shapes.gen.js";

type Shapes = {
  readonly results: ResultsInfo;
  readonly inputs: InputsInfo;
  readonly circuit: CircuitText;
  readonly raw: RawRecord;
};

/** The answer, if it is one: another program may sit at the other end. */
function checked<P extends Part>(part: P, data: unknown): Shapes[P] {
  const found = data as { readonly part?: unknown } | null;
  if (found?.part !== part) throw new Error("The kernel’s answer has another form.");
  return data as Shapes[P];
}

export class JobDetails {
  readonly jobId: string;
  readonly logs: Fetched<string>;
  readonly raw: Fetched<RawRecord>;
  /** The first PUB that is shown. */
  readonly from = { results: 0, inputs: 0 };
  readonly results: Fetched<ResultsInfo>;
  readonly inputs: Fetched<InputsInfo>;
  readonly #circuits = new Map<number, Fetched<CircuitText>>();
  readonly #part: <P extends Part>(part: P, index: () => number) => Fetched<Shapes[P]>;

  constructor(jobId: string, actions: Actions, now: () => number) {
    this.jobId = jobId;
    const isOver = () => actions.cutOff;
    this.#part = (part, index) =>
      new Fetched(
        async (onSlow) => checked(part, await actions.details(jobId, part, index(), onSlow)),
        now,
        isOver,
      );
    this.logs = new Fetched((onSlow) => actions.logs(jobId, onSlow), now, isOver);
    this.raw = this.#part("raw", () => 0);
    this.results = this.#part("results", () => this.from.results);
    this.inputs = this.#part("inputs", () => this.from.inputs);
  }

  /** The drawing of the circuit of a PUB. */
  circuit(index: number): Fetched<CircuitText> {
    let found = this.#circuits.get(index);
    if (!found) {
      found = this.#part("circuit", () => index);
      this.#circuits.set(index, found);
    }
    return found;
  }
}
