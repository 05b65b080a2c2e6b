// Odd values, which are the trouble of whoever made them, and of nobody else.
import { condition, defineQuery, defineSignal, defineUpdate, info, kindOf, setHandler, signal, sleep } from "@aion/workflow";

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

/** What is thrown, and cannot be looked at. */
const thrown: { [name: string]: () => unknown } = {
  revoked() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  traps: () => new Proxy({}, { get() { throw new Error("get"); }, has() { throw new Error("has"); }, getPrototypeOf() { throw new Error("prototype"); } }),
  message: () => Object.defineProperty(new Error(), "message", { get() { throw new Error("no message"); } }),
  name: () => Object.defineProperty(new Error("m"), "name", { get() { throw new Error("no name"); } }),
  stack: () => Object.defineProperty(new Error("m"), "stack", { get() { throw new Error("no stack"); } }),
  cause: () => Object.defineProperty(new Error("m"), "cause", { get() { throw new Error("no cause"); } }),
  symbol: () => Symbol("s"),
  text: () => ({ toString() { throw new Error("no text"); } }),
  code: () => Object.assign(() => 1, { toString() { throw new Error("no text"); } }),
  none: () => Object.create(null),
  nothing: () => undefined,
  details: () => Object.assign(new Error("m"), { kind: "k", details: { toJSON() { throw null; } } }),
  kind: () => Object.assign(new Error("m"), { kind: "k".repeat(100_000) }),
  vast: () => Object.assign(new Error("m"), { kind: "k", details: "d".repeat(2_200_000) }),
  huge: () => new Error("m".repeat(100_000)),
};

/** Handlers throw it at once, after a wait, and out of a nested call; then the workflow function does. */
export async function odd_throws(last: string) {
  for (const [name, make] of Object.entries(thrown)) {
    setHandler(defineQuery(name), () => { throw make(); });
    setHandler(defineUpdate(name), () => { throw make(); }, { validator: (how) => { if (how === "refused") throw make(); } });
    setHandler(defineUpdate("later_" + name), async () => { await sleep(0); throw make(); });
  }
  const caught = [];
  for (const [name, make] of Object.entries(thrown)) {
    if (["vast", "huge", "kind"].includes(name)) {
      continue; // they cost time
    }
    try {
      await (make() as PromiseLike<unknown>);
      console.log(make());
      throw make();
    } catch (e) {
      caught.push(kindOf(e));
    }
  }
  const how = await signal<string>("end");
  if (how === "rejected") {
    void Promise.reject(thrown[last]!());
    await signal("never");
  }
  if (how === "handled") {
    setHandler(defineSignal("go"), () => { throw thrown[last]!(); });
    await signal("never");
  }
  throw thrown[last]!();
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
