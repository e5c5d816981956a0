/** A moment: short to read, whole on hover and for machines. */
import { DASH, fullTime, isoTime, timeOfDay } from "../format.js";

interface MomentProps {
  readonly at: number | null;
  readonly now: number;
  readonly precise?: boolean;
}

export function Moment({ at, now, precise }: MomentProps) {
  if (at === null) return <>{DASH}</>;
  return (
    <time dateTime={isoTime(at)} title={fullTime(at)}>
      {timeOfDay(at, now, precise)}
    </time>
  );
}
