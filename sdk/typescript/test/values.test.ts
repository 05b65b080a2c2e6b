import assert from "node:assert/strict";
import { test } from "node:test";
import { loopback, parseAddress } from "../src/http.js";
import { clip, encode, goDuration, milliseconds } from "../src/values.js";

test("durations are read", () => {
  for (const [text, want] of [["1m30s", 90_000], ["200ms", 200], ["0s", 0], ["0", 0], ["1h0.5s", 3_600_500], ["-2s", -2000], [".5s", 500], [7, 7]] as const) {
    assert.equal(milliseconds(text), want);
  }
  for (const text of ["", "5", "s", "1 s", "1d", "1m 3s", "1e3s"]) assert.throws(() => milliseconds(text), TypeError, text);
});

test("durations are written", () => {
  for (const [value, want] of [[1000, "1s"], [200, "0.2s"], [100_000, "100s"], ["1m", "1m"], [0.001, "0.000001s"], [0, "0s"]] as const) assert.equal(goDuration(value), want);
});

test("what is no JSON is refused", () => {
  assert.equal(encode({ a: [null, true, 1.5, "ä"], b: undefined }), '{"a":[null,true,1.5,"ä"]}');
  assert.equal(encode(undefined), "null");
  for (const value of [NaN, { a: Infinity }, () => 1, { a: Symbol() }, 1n, "\ud800"]) assert.throws(() => encode(value), TypeError);
});

test("texts are cut between characters", () => {
  assert.deepEqual([clip("aä", 3), clip("aä", 2), clip("𝄞x", 3), clip("abc", 5)], ["aä", "a", "", "abc"]);
});

test("addresses", () => {
  for (const [text, secret, want] of [
    ["127.0.0.1:7600", true, "http://127.0.0.1:7600/"], ["node:7600", false, "http://node:7600/"], ["node:7600", true, "https://node:7600/"],
    ["http://node:7600", true, "http://node:7600/"], ["[::1]:7600", true, "http://[::1]:7600/"], ["https://node/aion", false, "https://node/aion"],
  ] as const) assert.equal(parseAddress(text, secret).href, want);
  for (const text of ["", "node", "ftp://node:1", "node:70000", "http://user:secret@node:1", "::1:7600", "http://node:1?x=1"]) {
    assert.throws(() => parseAddress(text, false), (e: Error) => e instanceof TypeError && !e.message.includes("secret"), text);
  }
  assert.deepEqual(["127.9.0.1", "[::1]", "localhost", "a.localhost", "10.0.0.1"].map(loopback), [true, true, true, false, false]);
});
