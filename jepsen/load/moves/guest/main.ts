// The workflow of this workload, in TypeScript: see source. The constants are replaced.
import { signal, sleep } from "@aion/workflow";

const [first, second, result, mark] = ["10ms", "20ms", "v0", "0"];

export async function run() {
  for (const pause of [first, second]) {
    await signal("go");
    await sleep(pause);
  }
  await signal("go");
  return mark === "" ? mark : result;
}
