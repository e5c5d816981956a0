/** What a job returned, summed up. */
import { useEffect } from "preact/hooks";
import { plural, seconds } from "../format.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { shape, size } from "./figures.js";
import { Loaded, Nothing } from "./loaded.js";
import type { JobDetails } from "./model.js";
import { Folded, Group, named, Pager, Pairs, Text } from "./plain.js";
import type { PubOutput, ResultsInfo } from "./shapes.gen.js";
import { Counts, Numbers } from "./tables.js";

const PRIVATE =
  "The results of a private job can be read once only, so this view never reads them. " +
  "job.result() does.";

/** Why there is nothing to fetch, as far as the row says; null where there may be something. */
export function whyNone(row: Row): string | null {
  if (row.get("gone")) return "The service does not know this job any more.";
  if (!row.get("final")) return "The job has not ended: it has no result yet.";
  if (row.get("state") === "failed") return "The job failed, so it has no result.";
  if (row.get("state") === "cancelled") return "The job was cancelled, so it has no result.";
  return row.get("private") ? PRIVATE : null;
}

/** The place of the interim results; how many there were is what is known of them here. */
function Interim({ seen }: { seen: number }) {
  if (seen === 0) return null;
  return (
    <div class="rw-interim rw-dim" data-rw-place="interim">
      {plural(seen, "interim result")}
    </div>
  );
}

function Pub({ of, what }: { of: PubOutput; what: string }) {
  const { index, outcomes, values, others, trouble, metadata } = of;
  const errors = values.filter((one) => one.error_name).length;
  const left = of.fields - outcomes.length - values.length - others.length - errors;
  return (
    <Group
      name={`${what} ${index}`}
      note={of.shape.length > 0 && shape(of.shape)}
      title={`job.result()[${index}]`}
    >
      {trouble && <div class="rw-note rw-stale">{trouble}</div>}
      {outcomes.map((one) => (
        <Counts key={one.name} of={one} what={what} />
      ))}
      {values.map((one) => (
        <Numbers key={one.name} of={one} />
      ))}
      {others.length > 0 && <Pairs pairs={named(others)} />}
      {left > 0 && <div class="rw-dim">and {plural(left, "more field")}</div>}
      <Folded title="Metadata" plain={metadata} />
    </Group>
  );
}

function Summary({ of, today }: { of: ResultsInfo; today: number }) {
  const { total, spans, plain } = of;
  const parts = [
    !plain && plural(total, of.what),
    of.size !== null && `${size(of.size)} as the service sent it`,
  ];
  return (
    <div class="rw-dim">
      {parts.filter(Boolean).join(" · ")}
      {spans && (
        <>
          {" "}
          · executed from <Moment at={spans.start} now={today} precise /> on, for{" "}
          {seconds(spans.stop - spans.start)} in {plural(spans.count, "span")}
        </>
      )}
    </div>
  );
}

interface Props {
  readonly row: Row;
  readonly store: Store;
  readonly details: JobDetails;
}

function Fetch({ row, store, details }: Props) {
  const { results, from } = details;
  const reason = `${row.get("status")}`;
  useEffect(() => results.want(reason), [results, reason]);
  const onGo = (first: number) => {
    from.results = first;
    void results.ask();
  };
  return (
    <Loaded of={results} what="results">
      {(value) =>
        value.note ? (
          <Nothing>{value.note}</Nothing>
        ) : (
          <>
            <Summary of={value} today={store.today} />
            <Pager
              what={value.what}
              first={value.first}
              shown={value.pubs.length}
              total={value.total}
              onGo={onGo}
            />
            {value.pubs.map((pub) => (
              <Pub key={pub.index} of={pub} what={value.what} />
            ))}
            {value.plain && <Text label="Result" {...value.plain} />}
            <Folded title="Metadata of the job" plain={value.metadata} />
          </>
        )
      }
    </Loaded>
  );
}

export function Results(props: Props) {
  const { row } = props;
  const none = whyNone(row);
  return (
    <>
      <Interim seen={row.get("interim_seen")} />
      {none === null ? <Fetch {...props} /> : <Nothing>{none}</Nothing>}
    </>
  );
}
