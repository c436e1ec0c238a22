// How long functions take, in Node and in browsers.

const ROUNDS = 120;
/** Enough calls in a turn that clocks of browsers, which are coarse, say how long it took. */
const CALLS = 500;

/** The median time of a call of each function, in microseconds. They take turns, and each call gets the next item. */
export function medians(items, functions) {
  const times = functions.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, act] of functions.entries()) {
      const started = performance.now();
      for (let call = 0; call < CALLS; call++) act(items[call % items.length]);
      times[index].push(((performance.now() - started) / CALLS) * 1000);
    }
  }
  // Without the first rounds, in which the functions are compiled.
  return times.map((all) => all.slice(ROUNDS / 6).sort((one, other) => one - other)[(ROUNDS * 5) / 12]);
}
