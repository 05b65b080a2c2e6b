// Options of steps and children, and the fields of the records that they become.
import { type Duration, limit } from "./duration";
import { encode, encodeRecord, misuse, payload } from "./guest";
import type { Record } from "./room";
import { CancellationScope, current } from "./scope";

/** How an activity, or the whole run of a child, is tried again. */
export interface Retry {
  /** 0 = no limit. */
  maxAttempts?: number;
  /** Before the second attempt: 1s unless given. */
  backoff?: Duration;
  /** By which it grows: 2 unless given. */
  factor?: number;
  /** 1m unless given. */
  maxBackoff?: Duration;
  /** Kinds of errors that end it at once. */
  nonRetryable?: readonly string[];
}

/** What becomes of a step that is to be cancelled: it is asked and waited for, asked and not waited for, or shielded. */
export type OnCancel = "wait" | "abandon" | "ignore";

export interface ActivityOptions {
  /** "default" unless given. */
  queue?: string;
  /** Bounds one attempt. */
  timeout?: Duration;
  /** How often a worker must tell that it is at work. */
  heartbeat?: Duration;
  /** Bounds each wait for a worker. */
  scheduleTimeout?: Duration;
  /** Bounds all attempts and the waits between them. */
  totalTimeout?: Duration;
  retry?: Retry;
  onCancel?: OnCancel;
}

export interface ChildOptions {
  /** Its workflow id: `<run id>:<ordinal>` unless given. */
  id?: string;
  /** Which version of its code it runs on: the parent's, if its package has the type, unless given. */
  version?: "parent" | "routed";
  /** What becomes of it when its parent ends: "terminate" unless given. */
  onParentClose?: "terminate" | "cancel" | "abandon";
  onCancel?: OnCancel;
  /** Bounds its whole run. */
  timeout?: Duration;
  /** Bounds its run with all that continue it or try it again. */
  chainTimeout?: Duration;
  attributes?: Attributes;
  retry?: Retry;
}

/** What runs are found by. Null removes one; one that is undefined is left as it is. */
export interface Attributes {
  [name: string]: string | number | boolean | Date | readonly string[] | null | undefined;
}

/** The fields of an activity that follow from its options, as JSON, each behind a comma: those before and after its input, and its retry. */
export interface ActivityFields { queue: string; limits: string; onCancel: OnCancel | undefined; retry: string }

const none: ActivityFields = { queue: "", limits: "", onCancel: undefined, retry: "" };

export function activityFields(name: string, o: ActivityOptions): ActivityFields {
  const what = `activity ${name}`;
  return {
    queue: members(what, { 2: o.queue }),
    limits: members(what, {
      4: limit("timeout", o.timeout),
      5: limit("heartbeat", o.heartbeat),
      6: limit("schedule timeout", o.scheduleTimeout),
      7: limit("total timeout", o.totalTimeout),
    }),
    onCancel: o.onCancel,
    retry: members(what, retryFields(o.retry)),
  };
}

/** Writes the members of a record, each behind a comma. */
function members(what: string, record: Record): string {
  const text = encodeRecord(what, record).slice(1, -1);
  return text === "" ? "" : "," + text;
}

/** Writes what an activity is started with. */
export function activityRecord(source: { name: string; begin: string }, input: unknown, f: ActivityFields | undefined): string {
  const text = encode("input", input, source), payload = text === "" ? "" : ',"3":' + text;
  if (f === undefined) {
    return current === undefined ? source.begin + payload + "}" : activityRecord(source, input, none);
  }
  const cancelled = f.onCancel ?? onCancel({});
  return source.begin + f.queue + payload + f.limits + (cancelled === undefined ? "" : ',"8":' + JSON.stringify(cancelled)) + f.retry + "}";
}

export function childFields(type: string, input: unknown, o: ChildOptions = {}): Record {
  if (o.id === "") {
    throw misuse("the id is empty");
  }
  return {
    1: type,
    2: o.id,
    3: payload("input", input),
    4: limit("timeout", o.timeout),
    5: limit("chain timeout", o.chainTimeout),
    6: o.onParentClose,
    7: o.version,
    8: onCancel(o),
    ...(o.attributes && attributeFields(o.attributes, 9, 10)),
    ...retryFields(o.retry),
  };
}

/** Is the option, or that which the scope of the code gives to its steps. */
function onCancel(o: { onCancel?: OnCancel }): OnCancel | undefined {
  return o.onCancel ?? (CancellationScope.current().shielded ? "ignore" : undefined);
}

export function attributeFields(attributes: Attributes, names: number, values: number): Record {
  const given = Object.keys(attributes).filter((name) => attributes[name] !== undefined).sort();
  return { [names]: given, [values]: given.map((name) => JSON.parse(encode(`attribute ${name}`, attributes[name]))) };
}

function retryFields(retry: Retry | undefined): Record {
  if (retry === undefined) {
    return {};
  }
  const attempts = retry.maxAttempts ?? 0;
  if (!Number.isInteger(attempts) || attempts < 0 || attempts > 0x7fffffff) {
    throw misuse(`retry: maxAttempts is ${attempts}: it must be a whole number from 0`);
  }
  if (retry.factor !== undefined && !(retry.factor > 0 && retry.factor < Infinity)) {
    throw misuse(`retry: factor is ${retry.factor}: it must be more than 0`);
  }
  return {
    20: attempts,
    21: limit("backoff", retry.backoff),
    22: retry.factor,
    23: limit("longest backoff", retry.maxBackoff),
    24: retry.nonRetryable?.length ? retry.nonRetryable : undefined,
  };
}
