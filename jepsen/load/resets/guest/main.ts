// The workflow of this workload, in TypeScript: see source.
import { activity, signal, sleep } from "@aion/workflow";

const options = { queue: "resets", retry: { backoff: "100ms", maxBackoff: "1s" }, timeout: "20s" } as const;

export async function run(input: { orders: unknown[] }) {
  const did: unknown[] = [], heard: unknown[] = [];
  for (const [i, order] of input.orders.entries()) {
    did.push(await activity("redo", order, options));
    if (i % 2 === 1) {
      await sleep("40ms");
    }
  }
  for (;;) {
    const next = signal("n");
    if (!next.done) {
      next.cancel();
      return [did, heard];
    }
    heard.push(await next);
  }
}
