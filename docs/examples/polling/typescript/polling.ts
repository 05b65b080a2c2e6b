// A job of another system, which calls nobody back: started, asked for again and again with growing pauses, given up at a
// deadline, and stopped when nobody wants it any more.
//
// An activity that polled would hold a worker for hours and lose its place with it. Here the pauses are timers: a million of them
// cost no worker anything.
import { activities, defineQuery, info, milliseconds, setHandler, sleep } from "@aion/workflow";

interface Worker {
  start_job(input: { job: string; key: string }): { id: string };
  check_job(input: { job: string; question: number }): { state: string };
  stop_job(input: { job: string }): void;
}

const first = 1000, most = 60_000; // milliseconds between two questions
const { start_job, check_job } = activities<Worker>({ retry: { backoff: "200ms", maxBackoff: "30s" }, timeout: "30s" });
const { stop_job } = activities<Worker>({ retry: {}, onCancel: "ignore" });

export async function polling(input: { job: string; deadline?: string }) {
  const state: { job: string | null; asked: number } = { job: null, asked: 0 };
  setHandler(defineQuery<typeof state>("state"), () => state);

  // The workflow id is the key under which the system starts the job once.
  const { id: job } = await start_job({ job: input.job, key: info().workflowId });
  state.job = job;

  async function stop(because: string) {
    await stop_job({ job });
    return { state: "stopped", because, asked: state.asked };
  }

  const end = Date.now() + milliseconds(input.deadline ?? "24h");
  for (let pause = first; ; pause = Math.min(2 * pause, most)) {
    const found = await check_job({ job, question: state.asked + 1 }).outcome();
    if (!found.ok) {
      return stop(found.error.kind);
    }
    state.asked++;
    if (found.value.state !== "running") {
      return { state: found.value.state, asked: state.asked };
    }
    if (Date.now() >= end) {
      return stop("deadline");
    }
    const paused = await sleep(Math.min(pause, end - Date.now())).outcome();
    if (!paused.ok) {
      return stop(paused.error.kind); // cancelled
    }
  }
}
