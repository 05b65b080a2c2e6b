// The workflow of this workload, in TypeScript: see source.
import { condition, continueAsNew, defineSignal, defineUpdate, setHandler, sleep } from "@aion/workflow";

interface Input {
  places: number;
  generation: number;
  generations: number;
  before: string[][];
  notes: string[];
  over?: boolean; // it was told to stop: maybe after it had decided to continue as new
}

interface Ask {
  id: string;
  nap: string;
}

export async function run(input: Input) {
  const taken: string[] = [];

  const take = async (a: Ask) => {
    const place = taken.push(a.id);
    if (a.nap !== "") {
      await sleep(a.nap);
    }
    return [input.generation, place];
  };
  const validator = () => {
    if (taken.length >= input.places) {
      throw new Error("full");
    }
  };
  setHandler(defineUpdate<number[], Ask>("take"), take, { validator });
  setHandler(defineUpdate<number[], Ask>("note"), async (a) => {
    // What promises leave to do later is done in the same turn, and a rejection that is handled by then is none.
    await Promise.reject(new Error("handled")).catch(() => undefined);
    return [0, input.notes.push(a.id)];
  });
  setHandler(defineSignal("stop"), () => { input.over = true; });

  const more = input.generation < input.generations;
  await condition(() => input.over === true || (more && taken.length >= input.places));
  if (input.over !== true) {
    await sleep("200ms");
  }
  const before = [...input.before, taken];
  if (input.over === true) { // also while it slept: the next run would never hear of it
    return [input.notes, ...before];
  }
  // Notes may come until the handlers have ended, and then the input is written: they are in the same list.
  continueAsNew(Object.assign(input, { before, generation: input.generation + 1 }));
}
