/** What a job was given, summed up; a circuit is drawn when asked for. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count, plural, seconds } from "../format.js";
import { figure, shape, size } from "./figures.js";
import { Loaded, Nothing } from "./loaded.js";
import type { JobDetails } from "./model.js";
import { Folded, Group, named, Pager, type Pair, Pairs, Text } from "./plain.js";
import type { CircuitInfo, InputsInfo, PubInput } from "./shapes.gen.js";

function qubits({ num_qubits, used }: CircuitInfo): string {
  return used < num_qubits ? `${count(used)} used of ${count(num_qubits)}` : count(num_qubits);
}

function ops({ ops: shown, kinds }: CircuitInfo): string {
  const list = shown.map((op) => `${op.name} ${count(op.count)}`).join(", ");
  return kinds > shown.length ? `${list} and ${count(kinds - shown.length)} more kinds` : list;
}

function parameters({ parameters: names, num_parameters: all }: CircuitInfo): string {
  const more = all > names.length ? ` and ${count(all - names.length)} more` : "";
  return all ? `${count(all)}: ${names.join(", ")}${more}` : "none";
}

function circuitPairs(circuit: CircuitInfo): readonly Pair[] {
  return [
    ["Qubits", qubits(circuit)],
    circuit.num_clbits > 0 && ["Classical bits", count(circuit.num_clbits)],
    ["Depth", circuit.depth === null ? "too long to find out" : count(circuit.depth)],
    ["Instructions", count(circuit.size)],
    circuit.ops.length > 0 && ["Of these", ops(circuit)],
    ["Parameters", parameters(circuit)],
  ];
}

function observables(pub: PubInput): Pair {
  const { observables: shown, num_observables: all } = pub;
  if (!all) return null;
  const more = all > shown.length ? `, and ${count(all - shown.length)} more` : "";
  const sides = pub.observables_shape ?? [];
  const places = sides.length > 1 ? ` (${shape(sides)})` : "";
  return [
    "Observables",
    <>
      {count(all)}
      {places}: <code class="rw-mono">{shown.join(", ")}</code>
      {more}
    </>,
  ];
}

/** An array of values whose last side is the parameters: without any there is nothing to say. */
function values({ values_shape: sides }: PubInput): Pair {
  if (!sides?.length || sides.at(-1) === 0) return null;
  const sets = sides.slice(0, -1).reduce((product, side) => product * side, 1);
  return ["Values", `${shape(sides)}: ${plural(sets, "set")} of ${count(sides.at(-1) ?? 0)}`];
}

/** What was asked for is seen: in a narrow place it may be drawn below what can be. */
const show = (drawn: HTMLElement | null) => drawn?.scrollIntoView?.({ block: "nearest" });

function Drawing({ details, index }: { details: JobDetails; index: number }) {
  const open = useSignal(false);
  const [circuit, name] = [details.circuit(index), `Circuit ${index}`];
  const toggle = () => {
    open.value = !open.value;
    if (open.value) circuit.want("shown");
  };
  return (
    <>
      <button type="button" class="rw-button" aria-expanded={open.value} onClick={toggle}>
        {open.value ? "Hide circuit" : "Draw circuit"}
      </button>
      {open.value && (
        <Loaded of={circuit} what="drawing">
          {({ note, text }) => (
            <>
              {note && <Nothing>{note}</Nothing>}
              {text && (
                // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
                <section class="rw-logs rw-drawn" tabIndex={0} aria-label={name} ref={show}>
                  <pre>{text}</pre>
                </section>
              )}
            </>
          )}
        </Loaded>
      )}
    </>
  );
}

interface PubProps {
  readonly pub: PubInput;
  readonly info: InputsInfo;
  readonly details: JobDetails;
}

function Pub({ pub, info, details }: PubProps) {
  const { index, circuit, shots, precision, trouble } = pub;
  const sampler = info.program === "sampler";
  const estimator = info.program === "estimator";
  const usual = <span class="rw-dim">not set: the default</span>;
  return (
    <Group name={`${info.what} ${index}`} note={circuit?.name}>
      {trouble && <div class="rw-note rw-stale">{trouble}</div>}
      <Pairs
        pairs={[
          ...(circuit ? circuitPairs(circuit) : []),
          values(pub),
          observables(pub),
          (sampler || shots !== null) && ["Shots", shots === null ? usual : count(shots)],
          estimator && ["Precision", precision === null ? usual : figure(precision)],
          ...named(pub.others),
        ]}
      />
      {circuit && <Drawing details={details} index={index} />}
    </Group>
  );
}

function Options({ info }: { info: InputsInfo }) {
  const more = info.num_options - info.options.length;
  if (!info.num_options) {
    return <div class="rw-dim">No options were set: the service’s defaults apply.</div>;
  }
  return (
    <Group name="Options that were set">
      <Pairs pairs={named(info.options)} />
      {more > 0 && <div class="rw-dim">and {plural(more, "more option")}</div>}
    </Group>
  );
}

export function Inputs({ details }: { details: JobDetails }) {
  const { inputs, from } = details;
  useEffect(() => inputs.want("shown"), [inputs]);
  const onGo = (first: number) => {
    from.inputs = first;
    void inputs.ask();
  };
  return (
    <Loaded of={inputs} what="inputs">
      {(info) => (
        <>
          <Pairs
            pairs={[
              ["Program", info.program],
              ["Device", info.device],
              info.image !== "" && ["Image", info.image],
              info.max_seconds !== null && ["Runs at most", seconds(info.max_seconds)],
              info.size > 0 && ["Size", `${size(info.size)} as they were sent`],
            ]}
          />
          {info.note ? <Nothing>{info.note}</Nothing> : <Options info={info} />}
          <Pager
            what={info.what}
            first={info.first}
            shown={info.pubs.length}
            total={info.total}
            onGo={onGo}
          />
          {info.pubs.map((pub) => (
            <Pub key={pub.index} pub={pub} info={info} details={details} />
          ))}
          {info.total > 0 ? (
            <Folded title="Other inputs" plain={info.plain} />
          ) : (
            info.plain && <Text label="Inputs" {...info.plain} />
          )}
        </>
      )}
    </Loaded>
  );
}
