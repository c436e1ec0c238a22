// Suggestions for misspelled names.

/** Longer names are not compared: that takes time proportional to the product of both lengths. */
const LONGEST = 100;

/** The name that a misspelled one probably stands for: the closest, where at most a third of it differs. */
export function closest(word: string, names: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const distances = names.map((name) => distance(plain(word), plain(name)));
  const least = Math.min(...distances);
  const name = names[distances.indexOf(least)];
  return name !== undefined && least <= name.length / 3 ? name : undefined;
}

/** A name without case and separators: `max_bytes` is `maxBytes`. */
function plain(name: string): string {
  return name.replaceAll(/[-_ ]/g, "").toLowerCase();
}

/** How many characters must be inserted, removed or replaced to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of [...one].entries()) {
    const next = [index + 1];
    for (let place = 0; place < other.length; place++) {
      const replaced = row[place]! + (character === other[place] ? 0 : 1);
      next.push(Math.min(replaced, row[place + 1]! + 1, next[place]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
