// Durations: milliseconds, or texts as everywhere in Aion.
import { misuse } from "./guest";

/** Milliseconds, or a text such as "1h30m", "10s" or "250ms". */
export type Duration = number | string;

const units: { [unit: string]: number } = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/y;

/** Returns how many milliseconds a duration has. */
export function milliseconds(d: Duration): number {
  return nanoseconds("duration", d) / 1e6;
}

/** Returns nanoseconds. what is the name of the option. */
export function nanoseconds(what: string, d: Duration): number {
  const n = typeof d === "number" ? d * 1e6 : typeof d === "string" ? parse(d) : NaN;
  if (!Number.isFinite(n)) {
    throw misuse(`the ${what} is ${JSON.stringify(d)}: it must be a number of milliseconds, or a text such as "1h30m"`);
  }
  if (n < 0) {
    throw misuse(`the ${what} is ${JSON.stringify(d)}: it must not be negative`);
  }
  if (n >= 2 ** 63) {
    throw misuse(`the ${what} is ${JSON.stringify(d)}: it is longer than 100 years`);
  }
  return Math.round(n);
}

/** Is nanoseconds of a time that is more than 0, if it is given. */
export function limit(what: string, d: Duration | undefined): number | undefined {
  if (d === undefined) {
    return undefined;
  }
  const n = nanoseconds(what, d);
  if (n === 0) {
    throw misuse(`the ${what} is 0: it must be more, or be left out`);
  }
  return n;
}

function parse(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") {
    return 0;
  }
  let sum = 0;
  part.lastIndex = 0;
  while (part.lastIndex < rest.length) {
    const found = part.exec(rest);
    if (found === null) {
      return NaN;
    }
    sum += Number(found[1]) * units[found[2]!]!;
  }
  return rest === "" ? NaN : sign * sum;
}
