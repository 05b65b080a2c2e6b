// What programs find elsewhere too.
import { activity, condition, log, now, random, sleep } from "@aion/workflow";

/** Tells whether Date moves with the turns. */
export async function clock() {
  const begun = new Date();
  class Later extends Date {}
  const same = begun.getTime() === Date.now() && begun.getTime() === now().getTime() && new Later().getTime() === Date.now();
  await sleep("1m");
  const date = new Date(2026, 0, 2), at = new Date(begun);
  return [same, begun.toISOString(), Date.now() - begun.getTime(), date.toString(), at instanceof Date, at.constructor === Date, typeof Date(), Date.UTC(1970, 0, 1), new Later() instanceof Date];
}

/** Timers of the run, by the usual names. */
export async function timeouts() {
  const seen: unknown[] = [];
  const lost = setTimeout(() => seen.push("never"), 500);
  setTimeout((a, b) => seen.push(a, b), 1000, 1, 2);
  clearTimeout(lost);
  clearTimeout(undefined);
  await condition(() => seen.length > 0);
  return seen;
}

/** What a timer calls may fail. */
export async function timeout_throws() {
  setTimeout(() => { throw new Error("too late"); }, 1000);
  await sleep("1h");
}

export async function numbers() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return [Math.random() !== random(), crypto.randomUUID().length, bytes.some((b) => b > 0)];
}

export async function missing() {
  return ["WeakRef", "FinalizationRegistry", "performance", "Atomics", "SharedArrayBuffer", "process", "fetch", "require"].filter((name) => name in globalThis);
}

export async function logs() {
  console.log("text", 1, { a: [true] }, null, undefined);
  console.error(new Date(0));
  log("plain");
  return activity("charge");
}
console.log("while it is loaded");
const loaded = Math.random();

/** Numbers that are drawn while modules are loaded. */
export const drawn_early = () => [loaded >= 0 && loaded < 1, loaded === Math.random()];
