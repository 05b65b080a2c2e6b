// Messages whose handlers wait, several at a time.
import { activities, condition, defineQuery, defineSignal, random, setHandler, sleep } from "@aion/workflow";
import type { Worker } from "./kinds";
import { release } from "./release";

const { work } = activities<Worker>();

export async function mail({ letters }: { letters: number }) {
  const got: unknown[] = [];
  setHandler(defineSignal<number>("letter"), async (n) => {
    const low = random() < 0.5;
    await sleep(`${n}m`);
    got.push([n, (await work({ n })).n, low]);
  });
  setHandler(defineQuery<number>("got"), () => got.length);
  await condition(() => got.length >= letters);
  return { got, release };
}
