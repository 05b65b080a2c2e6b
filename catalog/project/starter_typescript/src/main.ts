// NAME asks a question, waits for the answer, and reminds once.
//
// It survives restarts at any line: what a run does follows from its recorded history.
import { defineQuery, log, setHandler, signal, sleep } from "@aion/workflow";

/** The input of a run. */
interface Request {
  name?: string;
}

const stageQuery = defineQuery<string>("stage");

/** The workflow. */
export async function ask(request?: Request) {
  const name = request?.name ?? "you";
  let stage = "asked";
  let reminders = 0;
  setHandler(stageQuery, () => stage);

  log("asking " + name);
  let answer = await signal<string>("answer", { timeout: "1h" });
  if (answer === undefined) {
    stage = "reminded";
    reminders = 1;
    log("reminding " + name);
    answer = await signal<string>("answer", { timeout: "24h" });
  }
  if (answer === undefined) {
    throw new Error("no answer from " + name);
  }

  stage = "thinking it over";
  await sleep("2s");
  stage = "done";
  return { name, answer, reminders };
}
