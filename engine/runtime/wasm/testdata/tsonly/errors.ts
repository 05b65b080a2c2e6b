// Errors, and what a run fails with.
import { ActivityFailed, ChildWorkflowFailed, Failure, activity, child, kindOf, signal } from "@aion/workflow";

interface Cart { items?: Map<string, number> }

function add(cart: Cart, item: string) {
  cart.items!.set(item, 1);
}

export async function type_error() {
  await null;
  add({}, "book");
}

export async function after_a_wait() {
  await activity("charge");
  throw new Error("late");
}

export async function lets_through() {
  return pay();
}

async function pay() {
  return activity<number>("charge", 1);
}

export async function kinds() {
  const e = await activity("charge").catch((e: unknown) => e);
  const f = await child("kid").catch((e: unknown) => e);
  if (!(e instanceof ActivityFailed && f instanceof ChildWorkflowFailed && e instanceof Failure && e instanceof Error)) {
    throw e;
  }
  throw new Failure("mine", `${e} ${e.activity} ${f.workflowType} ${kindOf(new Error("it", { cause: e }))}`, { details: { code: e.details }, retryable: e.retryable });
}

export async function wraps() {
  try {
    await activity("charge");
  } catch (cause) {
    throw new Error("charging", { cause });
  }
}

export async function own_class() {
  class OutOfStock extends Error {
    readonly kind = "out_of_stock";
    override readonly name = "OutOfStock";
  }
  throw new OutOfStock("no lamp");
}

export async function own_name() {
  class Odd extends Error {
    override readonly name = "Odd";
  }
  throw new Odd("not even");
}

export async function throws_text() {
  throw "just text"; // eslint-disable-line no-throw-literal
}

export async function throws_object() {
  throw { kind: "plain", message: "an object", details: [1], retryable: true }; // eslint-disable-line no-throw-literal
}

export async function unwritable() {
  return { n: 1n };
}

export async function returns_function() {
  return () => 1;
}

export async function bad_input() {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  return activity("charge", circle);
}

export async function function_as_input() {
  return activity("charge", kindOf);
}

export async function bad_timeout() {
  return activity("charge", 1, { timeout: 0 });
}

export async function bad_duration() {
  return signal("a", { timeout: "1 hour" });
}

export function deep(): number {
  return deep() + 1;
}

export async function hungry() {
  const kept: string[] = [];
  for (;;) {
    kept.push("x".repeat(1 << 20) + kept.length);
  }
}

/** Catches what cannot be caught. */
export async function stubborn() {
  for (;;) {
    try {
      for (;;);
    } catch {
      continue;
    }
  }
}

/** Fails far inside. */
export function far_inside(n = 20): never {
  if (n === 0) {
    throw new Error("here");
  }
  return far_inside(n - 1);
}
