/** Figures of results: outcomes with their shares, and values with their errors. */
import { count, plural } from "../format.js";
import { errorFigure, figure, shape, share } from "./figures.js";
import type { Outcomes, Values } from "./shapes.gen.js";

export function Counts({ of, what }: { of: Outcomes; what: string }) {
  const { name, num_bits, shots, sets, counted, distinct, top } = of;
  const all = shots * sets;
  const of_ = what === "PUB" ? "sets of parameters" : "elements";
  const each = sets === 1 ? "" : ` for each of ${count(sets)} ${of_}`;
  const more = distinct - top.length;
  return (
    <table class="rw-figures">
      <caption>
        <b>{name}</b>
        {` · ${plural(num_bits, "bit")} · ${plural(shots, "shot")}${each} · `}
        {plural(distinct, "different outcome")}
        {counted < all && `, of the first ${count(counted)} of ${plural(all, "shot")}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Outcome</th>
          <th scope="col" class="rw-num">
            Shots
          </th>
          <th scope="col" class="rw-num">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {top.map((one) => (
          <tr key={one.bits}>
            <th scope="row">
              <code class="rw-mono">{one.bits || "no bits"}</code>
              <i class="rw-share" style={{ inlineSize: `${one.share * 100}%` }} />
            </th>
            <td class="rw-num">{count(one.count)}</td>
            <td class="rw-num">{share(one.share)}</td>
          </tr>
        ))}
      </tbody>
      {more > 0 && (
        <tfoot>
          <tr>
            <td colSpan={3}>and {plural(more, "more outcome")}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

export function Numbers({ of }: { of: Values }) {
  const { name, dtype, first, low, high, error_name: errors } = of;
  const more = of.count - first.length;
  const single = of.shape.length === 0;
  return (
    <table class="rw-figures">
      <caption>
        <b>{name}</b> · {single ? "one value" : `${shape(of.shape)} values`}
        {dtype !== "float64" && ` · ${dtype}`}
        {low !== null && high !== null && of.count > 1 && (
          <>
            {" "}
            · from {figure(low)} to {figure(high)}
          </>
        )}
      </caption>
      <thead>
        <tr>
          {!single && <th scope="col">At</th>}
          <th scope="col" class="rw-num">
            Value
          </th>
          {errors && (
            <th scope="col" class="rw-num" title={`The standard error: ${errors}`}>
              Error
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {first.map(({ at, value, error }) => (
          <tr key={at.join()}>
            {!single && (
              <th scope="row">
                <code class="rw-mono">[{at.join(", ")}]</code>
              </th>
            )}
            <td class="rw-num">{figure(value)}</td>
            {errors && <td class="rw-num">{error === null ? "–" : `± ${errorFigure(error)}`}</td>}
          </tr>
        ))}
      </tbody>
      {more > 0 && (
        <tfoot>
          <tr>
            <td colSpan={3}>and {plural(more, "more value")}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}
