// text has small words for numbers, versions and states.

// short is a version as people name it.
export const short = version => (version || "").slice(0, 12);

const whole = new Intl.NumberFormat();
export const count = n => n == null ? "" : whole.format(n);

// plural is "1 run", "2 runs".
export const plural = (n, one, many = one + "s") => count(n) + " " + (n === 1 ? one : many);

export function bytes(n) {
  if (n == null) return "";
  let unit = 0;
  for (; n >= 1024 && unit < 5; unit++) n /= 1024;
  return (unit && n < 10 ? n.toFixed(1) : Math.round(n)) + " " + ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit];
}

// words is a code as text: timed_out, CanaryStarted.
export const words = code => String(code).replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, a, b) => a + " " + b.toLowerCase());

// clip bounds what a table shows of a text; whoever needs all of it opens the thing itself.
export const clip = (text, n = 80) => text.length > n ? text.slice(0, n - 1) + "…" : text;
