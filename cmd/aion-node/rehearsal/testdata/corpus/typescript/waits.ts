// Every way to wait for several things.
import { type Future, activities, any, signal, sleep, tryAll, tryRace } from "@aion/workflow";
import { type Worker, kind } from "./kinds";
import { release } from "./release";

const { work } = activities<Worker>();

export async function waits() {
  const told: unknown[] = [];
  const names = ["timer", "a", "b", "work"];
  const futures: Future<unknown>[] = [sleep("1h"), signal("a"), signal("b", { timeout: "2h" }), work({ n: 1 })];
  while (futures.length > 0) {
    const i = await any(futures);
    told.push([...names.splice(i, 1), kind(await futures.splice(i, 1)[0]!.outcome())]);
  }

  const [first, outcome] = await tryRace([work({ n: -1 }), sleep("3h")]);
  told.push([first, kind(outcome)]);
  told.push((await tryAll([sleep("1h"), work({ n: -2 }), signal("c")])).map(kind));

  const late = sleep("5h"), early = sleep("1h");
  late.cancel();
  told.push([late.done, early.done]);
  await early;
  return { told, release };
}
