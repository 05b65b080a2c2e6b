// Durations and JSON, as they travel.

/** Milliseconds, or text as Go writes it, such as `1m30s`. */
export type Duration = number | string;

const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, "µs": 1e-3, "μs": 1e-3, ns: 1e-6 };
const part = /(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)/g;

/** A duration in milliseconds. */
export function milliseconds(d: Duration): number {
  if (typeof d === "number") return d;
  if (d === "0") return 0;
  const text = d.replace(/^[+-]/, "");
  if (!text || text.replace(part, "") !== "") throw new TypeError(`${JSON.stringify(d)} is not a duration such as 1m30s`);
  let sum = 0;
  for (const [, n, unit] of text.matchAll(part)) sum += Number(n) * units[unit!]!;
  return d.startsWith("-") ? -sum : sum;
}

/** A duration as Go reads it. */
export function goDuration(d: Duration): string {
  if (typeof d === "string") {
    milliseconds(d);
    return d;
  }
  return (d / 1000).toFixed(9).replace(/\.?0+$/, "") + "s";
}

/** One JSON value. What JSON would replace or drop without a word, such as NaN and functions, is an error; `undefined` is null, and left out of objects. */
export function encode(value: unknown): string {
  return JSON.stringify(value === undefined ? null : value, (name, v: unknown) => {
    if (typeof v === "number" && !Number.isFinite(v)) throw new TypeError(`${v} is not JSON${name ? ` (${name})` : ""}`);
    if (typeof v === "function" || typeof v === "symbol") throw new TypeError(`a ${typeof v} is not JSON${name ? ` (${name})` : ""}`);
    if (typeof v === "string" && !isWellFormed(v)) throw new TypeError(`a string that is not UTF-16 is not JSON${name ? ` (${name})` : ""}`);
    return v;
  });
}

function isWellFormed(s: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(s);
}

/** Cuts a text to so many bytes, between characters. */
export function clip(text: string, most: number): string {
  const b = Buffer.from(text);
  if (b.length <= most) return b.toString();
  let n = most;
  while (n > 0 && (b[n]! & 0xc0) === 0x80) n--;
  return b.subarray(0, n).toString();
}
