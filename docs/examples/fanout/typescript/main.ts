// Cuts a job into pieces, has children do them, and puts their results together.
import { all, child, defineQuery, race, setHandler, settled } from "@aion/workflow";
import { piece } from "./piece";

export { piece };

export async function fanout({ numbers }: { numbers: number[] }) {
  const progress = { stage: "all", pieces: numbers.length };
  setHandler(defineQuery<typeof progress>("progress"), () => progress);
  const start = (number: number, delay?: string) => child<typeof piece>("piece", { number, delay });

  // All must succeed: the first failure cancels the rest and is the failure of this run.
  const squares = await all(numbers.map((n) => start(n)));

  // The first one counts, the others are cancelled.
  progress.stage = "race";
  const fastest = await race([3, 1, 2].map((n) => start(n, `${200 + 100 * n}ms`)));

  // Failures are values: nothing is cancelled, and nothing fails this run.
  progress.stage = "settled";
  const outcomes = await settled([4, -1].map((n) => start(n)));

  progress.stage = "done";
  return {
    sum: squares.reduce((sum, n) => sum + n, 0),
    fastest,
    settled: outcomes.map((o) => o.ok ? o.value : o.error.message),
  };
}
