// What becomes of what is under way when the run is cancelled.
import { activities, cancelled, child, sleep } from "@aion/workflow";
import { type Worker, kind } from "./kinds";
import { release } from "./release";

const { work } = activities<Worker>();

export async function cleanup() {
  const futures = [
    work({ n: 1 }, { onCancel: "abandon" }),
    work({ n: 2 }),
    work({ n: 3 }, { onCancel: "ignore" }),
    child("kid", { n: 6 }, { onCancel: "abandon" }),
    sleep("1h"),
  ];
  const told: unknown[] = [];
  for (const f of futures) {
    const outcome = await f.outcome();
    told.push([outcome.ok, kind(outcome)]);
  }
  if (cancelled()) {
    told.push((await work({ n: 9 })).n);
    throw new Error("cleaned up");
  }
  return { told, release };
}
