// Steps that fail, again and for good.
import { type Retry, activities, setAttributes } from "@aion/workflow";
import type { Worker } from "./kinds";
import { release } from "./release";

const { flaky } = activities<Worker>();

export async function retries() {
  const told: unknown[] = [];
  const policies: Retry[] = [{ maxAttempts: 3, backoff: "1m", factor: 3 }, { maxAttempts: 2, nonRetryable: ["broken"] }];
  for (const retry of policies) {
    const o = await flaky({ n: told.length }, { queue: "other", retry, timeout: "5m", heartbeat: "1m", scheduleTimeout: "1h", totalTimeout: "2h" }).outcome();
    told.push([o.ok, o.ok ? null : [o.error.kind, o.error.message, o.error.details]]);
  }
  setAttributes({ tried: told.length });
  const out = await flaky({ n: 7 }, { retry: { maxAttempts: 1 } });
  return { told, out, release };
}
