import {
  type Workflow, activities, activity, all, cancelled, child, continueAsNew, defineQuery, info, log, now, race, random, setAttributes, setHandler, settled, signal, sleep, uuid, workflow,
} from "@aion/workflow";
import { failing, kind, tried } from "./kit";

/** What workers do. */
interface Acts {
  charge(amount: number): number;
  ship(): string;
}

const continues: Workflow = async () => continueAsNew(await signal("a"));
const awaits: Workflow = () => workflow("x").result();

export const cases: { [name: string]: Workflow } = {
  echo: (input) => input,
  nothing: () => undefined,
  async sleep() {
    const start = Date.now();
    await sleep("10s");
    await sleep(60_000);
    return (now().getTime() - start) / 1000;
  },
  async signals() {
    const first = await signal("a", { timeout: "1h" });
    return [first, await signal("a"), await signal("a")];
  },
  async late() {
    const first = await signal("a", { timeout: "1h" });
    return [first === undefined, kind(await signal("a", { timeout: "1s" }).outcome())];
  },
  async "first-come"() {
    const a = signal("a"), b = signal("a");
    const second = await b;
    return [await a, second];
  },
  children: () => all([
    child<number>("one", 1),
    child<number>("two", 2, { id: "two-2", version: "routed", onParentClose: "cancel" }),
    child<number>("three", 3),
  ]),
  "child-fails": () => all([0, 1, 2].map((i) => child("c", i))),
  async "child-tried"() {
    const first = await child("c").outcome();
    return [first.ok, first.error?.kind, first.error?.message, await child("c")];
  },
  race: () => race([sleep("1h"), signal("a"), child("c")]),
  async settled() {
    return (await settled([sleep("1s"), child("c"), signal("a", { timeout: "1s" })])).map(kind);
  },
  async "give-up"() {
    const timer = sleep("1h"), wait = signal("a", { timeout: "1h" }), kid = child("c");
    const before = timer.done;
    for (const f of [kid, wait, timer]) {
      f.cancel();
      f.cancel();
    }
    return [before, timer.done, kind(await timer.outcome())];
  },
  async cancelled() {
    sleep("1h");
    child("c");
    await sleep("2h");
    return "not reached";
  },
  async "cancelled-caught"() {
    const before = cancelled();
    const kind = await failing(sleep("1h"));
    await sleep("1s");
    return [kind, before, cancelled()];
  },
  "cancelled-first": () => sleep("1h"),
  "cancelled-too-late": async () => { await sleep("1h"); return 1; },
  "cancelled-in-time": async () => { await sleep("1h"); return 1; },
  "cancelled-but-for-a-child": () => all([child("kid", undefined, { onParentClose: "abandon" }), child("kid")]),
  "cancelled-before-it-began": () => signal("a"),
  continue: continues,
  "continue-cancelled": continues,
  "continue-same": () => continueAsNew(undefined, { version: "same" }),
  tell() {
    workflow("x").signal("s", 1);
    setAttributes({ b: 2.50, a: ["x"], c: null });
  },
  "asks-to-end"() {
    const x = workflow("x");
    x.cancel("enough");
    workflow("y").cancel();
    return x.workflowId;
  },
  async awaits() {
    const x = workflow("x").result(), y = workflow("y").result();
    return [await x, (await tried(y))[1]];
  },
  "awaits-and-fails": awaits,
  "awaits-before-rules-5": awaits,
  "awaits-races": () => race([workflow("x").result(), workflow("y").result()]),
  "awaits-cancelled": () => failing(workflow("x").result()),
  "awaits-too-many"() {
    for (;;) {
      workflow("x").result();
    }
  },
  async activities() {
    const { charge, ship } = activities<Acts>();
    const paid = await charge(1, { queue: "q", timeout: "5m", retry: { maxAttempts: 3, backoff: "1s" } });
    return [paid, kind(await ship().outcome())];
  },
  undeclared: () => activity("charge"),
  random: () => [random(), Math.random(), uuid()],
  info() {
    const i = info();
    return [i.workflowId, i.runId, i.workflowType, i.attempt];
  },
  fails() {
    throw new Error("no stock");
  },
  async queries() {
    let stage = "a";
    setHandler(defineQuery<string>("stage"), () => stage);
    setHandler(defineQuery<number, number>("add"), (n) => n + 1);
    setHandler(defineQuery("bad"), () => sleep("1s"));
    setHandler(defineQuery<number>("unlucky"), () => Math.random());
    setHandler(defineQuery("waiting"), async () => signal("x"));
    await signal("go");
    stage = "b";
    await signal("done");
  },
  async endless() {
    await sleep("1s");
    for (;;);
  },
  "large-result": () => "x".repeat(10_000),
  "many-timers"() {
    for (;;) {
      sleep("1s");
    }
  },
  chatty() {
    for (let i = 0; i < 20; i++) {
      log("x".repeat(100));
    }
    return 1;
  },
  "bad-arguments": () => sleep(-1000),
};
