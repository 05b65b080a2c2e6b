// Updates that are refused, answered late, and counted from run to run.
import { activities, condition, continueAsNew, defineQuery, defineSignal, defineUpdate, setHandler, sleep } from "@aion/workflow";
import type { Number, Worker } from "./kinds";
import { release } from "./release";

const { work } = activities<Worker>();

interface State {
  sold: number[];
}

export async function shop(input: Partial<State>) {
  const state: State = { sold: input.sold ?? [] };
  let closed = false, n = 0;

  setHandler(defineUpdate<State, Number>("sell"), async (item) => {
    n++;
    const out = await work(item);
    await sleep("1m");
    state.sold.push(out.n);
    return state;
  }, {
    validator(item) {
      if (item.n > 100) {
        throw new Error(`${item.n} is too many`);
      }
    },
  });
  setHandler(defineSignal("close"), () => { closed = true; });
  setHandler(defineQuery<State>("sold"), () => state);
  const inTime = await condition(() => closed || n >= 2, "10h");
  if (inTime && !closed) {
    continueAsNew(state, { version: "same" });
  }
  return { sold: state.sold, in_time: inTime, release };
}
