// Odd values, which are the trouble of whoever made them, and of nobody else.
import { condition, defineQuery, defineUpdate, info, setHandler, signal, sleep } from "@aion/workflow";

/** Data with a member "then" is no promise. */
function rule() {
  return { if: 1, then: "x" };
}

const untellable = { get kind(): string { throw new Error("no kind"); } };

export async function odd_answers() {
  const answers: { [name: string]: () => unknown } = {
    rule,
    twice: () => ({ then(done: (v: unknown) => void) { done(1); done(2); } }),
    both: () => ({ then(done: (v: unknown) => void, failed: (e: unknown) => void) { failed("no"); done(2); } }),
    fails: () => ({ then() { throw new Error("odd"); } }),
    getters: () => { throw untellable; },
    later: async () => { throw untellable; },
    rejects: () => { void Promise.reject(new Error("nobody")); return 1; },
  };
  for (const [name, code] of Object.entries(answers)) {
    setHandler(defineUpdate(name), code);
    setHandler(defineQuery(name), code);
  }
  return [await condition(() => rule() as unknown as boolean), await signal("end"), rule()];
}

export function odd_result() {
  return rule();
}

export async function long_sleep() {
  await sleep(2 ** 60);
}

/** The time of a fire is told in whole milliseconds. */
export function fire_time() {
  return info().fireTime?.getTime();
}
