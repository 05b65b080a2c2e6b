// Workflows for benchmarks: those of testdata/bench.
import { activity, random, register, uuid } from "@aion/workflow";

register({
  noop: (input: number) => input,
  async steps(n: number) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += await activity<number>("add", i);
    }
    return sum;
  },
  compute(n: number) {
    let x = 1;
    for (let i = 0; i < n; i++) {
      x = (x * 31 + i) % 1000003;
    }
    return x;
  },
  /** Does what tempts a program to be different each time: maps, sorts, garbage, random numbers, floats, texts and the clock. */
  async trace(rounds: number) {
    const seen: unknown[] = [];
    for (let i = 0; i < rounds; i++) {
      const m = new Map<object, number>(), s = new Set<symbol>(), garbage: { self?: unknown }[] = [];
      for (let j = 0; j < 50; j++) {
        m.set({ k: j * 7919 % 101 }, Math.sqrt(j - 3) / i + Math.sin(j) ** Math.exp(j / 7));
        s.add(Symbol(String(j)));
        const circle: { self?: unknown } = {};
        circle.self = circle;
        garbage.push(circle);
      }
      for (const [k, v] of m) {
        seen.push(k, v);
      }
      seen.push(s.size, garbage.length, [3, 1, 2, 10].sort(), ["b", "a", "B"].sort((a, b) => a.localeCompare(b)), Object.keys({ 2: 0, b: 0, 1: 0, a: 0 }));
      seen.push("aaaaaaaaab".replace(/(a+)+b/, "x"), (0.1 + 0.2).toString(), (1e21).toLocaleString(), String(2n ** 200n), new Date().toString(), "\u0130".toLowerCase());
      const parts = await Promise.all([1, 2, 3].map(async (n) => { await null; return n * random(); }));
      seen.push(parts, await activity<string>("add", [i, Date.now(), Math.random(), uuid()]));
    }
    return seen;
  },
});
