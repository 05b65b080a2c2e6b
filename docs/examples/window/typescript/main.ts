// A sliding window: works through a long list with a few children at a time, and never starts one before there is room.
//
// A list of a million items would make a history that nobody can keep, so after some of them the run continues as new. The
// children do not notice: they are started to be abandoned, and report to the workflow id. What nobody has read yet comes along to
// the next run.
import { child, continueAsNew, defineQuery, info, setHandler, signal } from "@aion/workflow";
import { type Report, done, item } from "./item";

export { item };

interface State {
  first: number; // the next item to start
  last: number;
  width: number;
  open: number[];
  words: number;
  failed: number[];
  per_run: number; // reports that one run of the chain reads
}

export async function window(input: Partial<State> & { last: number }) {
  const state: State = { first: 1, width: 5, open: [], words: 0, failed: [], per_run: 50, ...input };
  setHandler(defineQuery<object>("progress"), () => ({ next: state.first, last: state.last, open: state.open, failed: state.failed }));

  for (let n = 0; n < state.per_run; n++) {
    fill(state);
    if (state.open.length === 0) {
      return { words: state.words, failed: state.failed };
    }
    take(state, await signal(done));
  }
  return continueAsNew(state);
}

/** Starts children while there is room. */
function fill(state: State) {
  const { workflowId } = info();
  for (; state.open.length < state.width && state.first <= state.last; state.first++) {
    child<typeof item>("window_item", { item: state.first, window: workflowId }, { id: `${workflowId}:${state.first}`, onParentClose: "abandon" });
    state.open.push(state.first);
  }
}

/** Takes the report of a child. Of one that reports twice, after it was reopened, the first counts. */
function take(state: State, report: Report) {
  const at = state.open.indexOf(report.item);
  if (at < 0) {
    return;
  }
  state.open.splice(at, 1);
  if (report.words === undefined) {
    state.failed.push(report.item);
  } else {
    state.words += report.words;
  }
}
