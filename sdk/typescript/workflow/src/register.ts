// The functions that runs can begin with.
import { misuse } from "./guest";

/** A workflow function. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Workflow = (input: any) => unknown;

const functions = new Map<string, Workflow>();

/**
 * Makes functions entry functions of the package, under their names: `register({ order, refund })`. For those that the entry file
 * exports the packer does it.
 */
export function register(module: object): void {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value !== "function") {
      continue;
    }
    if ((functions.get(name) ?? value) !== value) {
      throw misuse(`two functions are registered as ${JSON.stringify(name)}`);
    }
    functions.set(name, value as Workflow);
  }
}

/** The names of the entry functions, sorted. */
export function registered(): string[] {
  return [...functions.keys()].sort();
}

/** Returns an entry function. */
export function find(name: string): Workflow {
  const found = functions.get(name);
  if (found === undefined) {
    throw misuse(`no function is registered as ${JSON.stringify(name)}; those that are: ${registered().join(", ")}`);
  }
  return found;
}
