// Promises and futures.
import { activity, all, any, condition, continueAsNew, defineQuery, defineSignal, defineUpdate, race, setAttributes, setHandler, settled, signal, sleep, workflow } from "@aion/workflow";

/** Starts three activities from code that waits by itself. */
export async function together() {
  const charge = async (n: number) => await activity<number>("charge", n) + n;
  return Promise.all([0, 1, 2].map(charge));
}

/** Promise.race cancels nothing. */
export async function promise_race() {
  const timer = sleep("1h");
  const first = await Promise.race([timer.then(() => "timer"), signal("a")]);
  return [first, timer.done];
}

/** Waits for one future in two places, and for one that is done. */
export async function shared() {
  const f = activity<number>("charge");
  const both = await Promise.all([f, f.then((n) => n + 1)]);
  return [...both, await f, await f.outcome(), f instanceof Promise, String(f)];
}

/** Futures that nobody awaits fail nothing. */
export async function ignored() {
  activity("charge");
  await signal("end");
  return "fine";
}

/** A promise that is rejected while nobody handles it. */
export async function rejected() {
  void (async () => {
    await activity("charge");
    throw new RangeError("nobody catches this");
  })();
  await signal("end");
}

/** A promise that is rejected, and handled before the code waits. */
export async function handled_later() {
  const failing = Promise.reject(new Error("no"));
  await Promise.resolve();
  return failing.catch((e: Error) => e.message);
}

/** Waits for a promise that nobody resolves. */
export async function waits_for_nothing() {
  await new Promise(() => undefined);
}

/** A queue between the handlers of signals and the workflow, made of promises. */
export async function mailbox() {
  const mail: number[] = [];
  let wake: () => void = () => undefined;
  setHandler(defineSignal<number>("a"), (n) => {
    mail.push(n);
    wake();
  });
  let sum = 0;
  for (let got = 0; got < 3;) {
    while (mail.length === 0) {
      await new Promise<void>((resolve) => { wake = resolve; });
    }
    got++;
    sum += await activity<number>("charge", mail.shift());
  }
  return sum;
}

/** Generators, async iteration, classes, destructuring. */
export async function iterates() {
  async function* payments(n: number) {
    for (let i = 0; i < n; i++) {
      yield await activity<number>("charge", i);
    }
  }
  class Sum {
    #n = 0;
    add(n: number) { this.#n += n; return this; }
    get value() { return this.#n; }
  }
  const sum = new Sum();
  for await (const paid of payments(2)) {
    sum.add(paid);
  }
  return { value: sum.value, entries: [...new Map([["a", 1n]])].map(([k, v]) => `${k}${v}`) };
}

/** Queries that read, wait for what is there, and do what they may not. */
export async function asks() {
  let n = 0;
  const future = activity<number>("charge");
  setHandler(defineQuery<number>("counts"), () => ++n);
  setHandler(defineQuery<number>("result"), async () => (await future) + n);
  setHandler(defineQuery<boolean>("done"), () => future.done);
  setHandler(defineQuery<unknown>("blocks"), () => new Promise(() => undefined));
  setHandler(defineQuery<unknown>("throws"), () => { throw new TypeError("a mistake"); });
  setHandler(defineQuery<unknown>("writes"), () => { setAttributes({ a: 1 }); });
  setHandler(defineQuery<unknown>("unwritable"), () => 1n);
  return signal("end");
}

/** Conditions that cannot be asked. */
export async function odd_conditions(what: string) {
  if (what === "promise") {
    return condition((async () => true) as unknown as () => boolean);
  }
  let asked = 0;
  return condition(() => {
    if (asked++ > 0) {
      throw new TypeError("a mistake");
    }
    return false;
  });
}

/** Async validators, and updates that continue the run. */
export async function validates() {
  setHandler(defineUpdate<number, number>("add"), (n) => n, {
    validator: async (n) => {
      await null;
      if (n > 9) {
        throw new Error("too much");
      }
    },
  });
  setHandler(defineUpdate<void>("again"), () => continueAsNew());
  return signal("end");
}

/** Continues as new from deep inside, where finally blocks run. */
export async function goes_on(n: number) {
  try {
    await Promise.all([signal("a"), (async () => {
      await sleep("1s");
      continueAsNew(n + 1);
    })()]);
  } finally {
    workflow("x").signal("bye");
  }
}

/** A race whose winner fails. */
export async function race_fails() {
  await race([sleep("1h"), activity("charge")]);
}

/** Lists of no futures. */
export async function empty() {
  return [await all([]), await settled([]), await any([]).catch((e: Error) => e.message)];
}

/** Lists of what is no future. */
export async function no_futures() {
  return all([sleep("1s"), Promise.resolve(1) as never]);
}
