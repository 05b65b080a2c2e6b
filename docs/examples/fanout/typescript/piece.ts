import { sleep } from "@aion/workflow";

/** One piece of the job. A child runs the version of its parent if the parent's package has its type. */
export async function piece({ number, delay = "100ms" }: { number: number; delay?: string | undefined }) {
  await sleep(delay);
  if (number < 0) {
    throw new Error(`${number} is negative`);
  }
  return number * number;
}
