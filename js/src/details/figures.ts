/** How the figures of results and inputs are written. */
const six = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 });
const two = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });
const tiny = new Intl.NumberFormat(undefined, {
  maximumSignificantDigits: 6,
  notation: "scientific",
});
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const bytes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** A figure of a result; a text is the name of what is no number. */
export function figure(value: number | string): string {
  if (typeof value === "string") return value;
  const size = Math.abs(value);
  return value !== 0 && (size < 1e-4 || size >= 1e9) ? tiny.format(value) : six.format(value);
}

/** Of an error two digits say enough. */
export function errorFigure(value: number | string): string {
  if (typeof value === "string") return value;
  return value !== 0 && value < 1e-4 ? tiny.format(value) : two.format(value);
}

/** A part of a whole; what is there is never nothing. */
export function share(value: number): string {
  return value > 0 && value < 0.0005 ? `< ${percent.format(0.001)}` : percent.format(value);
}

export function size(count: number): string {
  if (count >= 1e6) return `${bytes.format(count / 1e6)} MB`;
  return count >= 1e3 ? `${bytes.format(count / 1e3)} kB` : `${bytes.format(count)} bytes`;
}

/** 3 × 5; a single value has no sides. */
export function shape(sides: readonly number[]): string {
  return sides.length ? sides.join(" × ") : "one value";
}
