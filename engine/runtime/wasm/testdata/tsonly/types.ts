// What the compiler must know of calls: each line after @ts-expect-error is a mistake.
import { type Future, activities, all, child, defineQuery, defineSignal, defineUpdate, race, setHandler, settled, signal, sleep, workflow } from "@aion/workflow";

/** Activities as workers have them. */
const acts = {
  charge: async (card: string, attempt: { key: string }) => ({ id: card + attempt.key }),
  ping: () => 1,
  find: (what?: string) => what ?? null,
  limit: 5,
};

export async function typed() {
  const { charge, ping, find } = activities<typeof acts>({ timeout: "1m" });
  const paid: { id: string } = await charge("4242", { queue: "fast" });
  const n: number = await ping();
  const found: string | null = await find();
  // @ts-expect-error: the input is a text
  void (() => charge(1));
  // @ts-expect-error: there is no such option
  void (() => charge("1", { tmeout: 1 }));
  // @ts-expect-error: it is no function
  void (() => activities<typeof acts>().limit());

  const ok: boolean | undefined = await signal<boolean>("ok", { timeout: "1s" });
  // @ts-expect-error: the time may run out
  const yes: boolean = await signal<boolean>("ok", { timeout: "1s" });
  const total: Future<{ sum: number }> = child<typeof sum>("sum", [1, 2]);
  const [a, b] = await all([charge("1"), sleep(1)]);
  const id: string = a.id, nothing: void = b;
  const [at, value] = await race([ping(), find("x")]);
  const which: number = at, either: number | string | null = value;
  const outcomes = await settled([charge("1")]);
  const first: string | undefined = outcomes[0].ok ? outcomes[0].value.id : outcomes[0].error.kind;

  setHandler(defineSignal<number>("n"), (n) => void n.toFixed());
  setHandler(defineUpdate<string, number>("add"), (n) => n.toFixed(), { validator: (n) => void n.toFixed() });
  // @ts-expect-error: the answer is a text
  setHandler(defineQuery<string>("stage"), () => 1);
  workflow("x").signal(defineSignal<number>("n"), 1);
  // @ts-expect-error: the payload is a number
  void (() => workflow("x").signal(defineSignal<number>("n"), "1"));
  return [paid, n, found, ok, yes, total, id, nothing, which, either, first];
}

export async function sum(list: number[]) {
  return { sum: list.reduce((a, b) => a + b, 0) };
}

/** What of other worlds is there. */
export function present() {
  return ["Intl", "TextEncoder", "URL", "atob", "structuredClone", "queueMicrotask", "fetch", "Buffer", "process", "AbortController", "EventTarget", "BigInt", "Iterator", "navigator", "DOMException", "scriptArgs", "print", "bjson"].filter((name) => name in globalThis);
}
