// What a run draws, and what it says of itself.
import { info, log, now, random, setAttributes, sleep, uuid } from "@aion/workflow";
import { release } from "./release";

export async function draws() {
  const out: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    log(`round ${i}`);
    out.push([random(), uuid(), Math.floor(now().getTime() / 1000), info().attempt, info().runId, info().root?.workflowId]);
    setAttributes({ round: i, tags: ["x", String(i)] });
    await sleep(`${i + 1}m`);
  }
  setAttributes({ round: null });
  return { out, release };
}
