// Decompresses gzip (RFC 1952, RFC 1951). Not with DecompressionStream: browsers refuse files of several members, which
// appending makes, and Node passes over what follows the last one, so that neither can be relied on to say what a file holds.

/** Compressed data that ends early or is damaged; the message says so. */
export class CorruptError extends Error {}

/** Compressed data, which is fed in pieces. */
export class Compressed {
  private bytes = new Uint8Array(0);
  private at = 0;
  private held = 0;
  /** How many bits are held. */
  private count = 0;
  /** Whether all of the data was fed. */
  isEnded = false;
  /** Whether the last symbol of a block was read. */
  isBlockOver = false;

  /** Adds a piece; undefined is the end. */
  feed(piece: Uint8Array | undefined): void {
    if (!piece) this.isEnded = true;
    else {
      const rest = this.bytes.subarray(this.at);
      this.bytes = new Uint8Array(rest.length + piece.length);
      this.bytes.set(rest);
      this.bytes.set(piece, rest.length);
      this.at = 0;
    }
  }

  /** Whether more should be fed before so many bytes are taken. */
  lacks(bytes: number): boolean {
    return this.bytes.length - this.at < bytes && !this.isEnded;
  }

  /** Whether nothing is left of what was fed. */
  get isEmpty(): boolean {
    return this.at === this.bytes.length && this.count < 8;
  }

  /** The next bits, at most 16. */
  bits(wanted: number): number {
    this.hold(wanted);
    if (this.count < wanted) throw new CorruptError(CUT);
    const bits = this.held & ((1 << wanted) - 1);
    this.held >>>= wanted;
    this.count -= wanted;
    return bits;
  }

  /** The next symbol of a code. */
  symbol({ entries, longest }: Code): number {
    this.hold(longest);
    const entry = entries[this.held & ((1 << longest) - 1)]!;
    const length = entry & 15;
    if (length > this.count || (!length && this.count < longest)) throw new CorruptError(CUT);
    if (!length) throw new CorruptError("is damaged: invalid code");
    this.held >>>= length;
    this.count -= length;
    return entry >> 4;
  }

  /** Passes over the bits up to the next byte. */
  align(): void {
    this.bits(this.count & 7);
  }

  /** The next bytes as a number, the least significant first. */
  number(bytes: number): number {
    let number = 0;
    for (let index = 0; index < bytes; index++) number += this.bits(8) * 2 ** (8 * index);
    return number;
  }

  /**
   * Writes what the symbols of a block mean, as far as there is space and enough data for another one. Throws only where
   * the first of them is wrong.
   *
   * @param output - what was written before, up to `start`.
   * @returns where what is written ends.
   */
  symbols(literals: Code, distances: Code, output: Uint8Array, start: number): number {
    // Not by the methods above: this is where the time goes.
    const { bytes } = this;
    const last = this.isEnded ? bytes.length : bytes.length - SYMBOL;
    const space = output.length - LONGEST;
    let { at, held, count } = this;
    let [end, fault] = [start, ""];
    while (at <= last && end < space) {
      const before = [at, held, count] as const;
      for (; count <= 24 && at < bytes.length; count += 8) held |= bytes[at++]! << count;
      let entry = literals.entries[held & ((1 << literals.longest) - 1)]!;
      let used = entry & 15;
      held >>>= used;
      count -= used;
      const symbol = entry >> 4;
      if (used && count >= 0 && symbol < 256) {
        output[end++] = symbol;
        continue;
      }
      if (used && count >= 0 && symbol === 256) {
        this.isBlockOver = true;
        break;
      }
      const length = used ? LENGTHS[symbol - 257] : undefined;
      if (length) {
        const stop = end + length.base + (held & ((1 << length.extra) - 1));
        held >>>= length.extra;
        count -= length.extra;
        for (; count <= 24 && at < bytes.length; count += 8) held |= bytes[at++]! << count;
        entry = distances.entries[held & ((1 << distances.longest) - 1)]!;
        used = entry & 15;
        held >>>= used;
        count -= used;
        const distance = used ? DISTANCES[entry >> 4] : undefined;
        if (distance) {
          for (; count <= 24 && at < bytes.length; count += 8) held |= bytes[at++]! << count;
          let from = end - distance.base - (held & ((1 << distance.extra) - 1));
          held >>>= distance.extra;
          count -= distance.extra;
          if (count >= 0 && from >= 0) {
            while (end < stop) output[end++] = output[from++]!;
            continue;
          }
        }
      }
      // Too few bits look like zeros.
      fault = count < 0 || at === bytes.length ? CUT : "is damaged: it has an invalid symbol or distance";
      [at, held, count] = before;
      break;
    }
    [this.at, this.held, this.count] = [at, held, count];
    if (fault && end === start) throw new CorruptError(fault);
    return end;
  }

  private hold(wanted: number): void {
    while (this.count < wanted && this.at < this.bytes.length) {
      this.held |= this.bytes[this.at++]! << this.count;
      this.count += 8;
    }
  }
}

const CUT = "is cut off: it ends in the middle";
/** How many bytes the head of a block takes at most, and a symbol with its distance. */
const [HEAD, SYMBOL] = [512, 8];
/** How far back a repetition refers, and how long it is, at most. */
const [WINDOW, LONGEST] = [1 << 15, 258];
/** How long the pieces of the result are. */
const PIECE = 1 << 18;

/** What compressed data holds, in pieces; undefined wherever more of the data should be fed first. */
export function* gunzipped(data: Compressed): Generator<Uint8Array | undefined, void> {
  const output = new Uint8Array(WINDOW + PIECE + LONGEST);
  for (let member = 0; ; member++) {
    // Members may be followed by zeros.
    for (;;) {
      while (data.lacks(HEAD)) yield undefined;
      if (data.isEmpty) return;
      const first = data.bits(8);
      if (!first && member) continue;
      if (first !== 0x1f || data.bits(8) !== 0x8b || data.bits(8) !== 8) {
        throw new CorruptError("is damaged: something else follows, or an unknown method");
      }
      break;
    }
    yield* header(data);
    let [checksum, size] = [0, 0];
    for (const piece of inflated(data, output)) {
      if (piece) [checksum, size] = [crc32(piece, checksum), size + piece.length];
      yield piece;
    }
    data.align();
    while (data.lacks(HEAD)) yield undefined;
    if (data.number(4) !== checksum) throw new CorruptError("is damaged: the checksum is another one");
    if (data.number(4) !== size % 2 ** 32) throw new CorruptError("is damaged: the length is another one");
  }
}

/** Passes over the rest of the header of a member. */
function* header(data: Compressed): Generator<undefined, void> {
  const flags = data.bits(8);
  data.number(6);
  const skip = function* (isOver: () => boolean) {
    do while (data.lacks(1)) yield undefined;
    while (!isOver());
  };
  if (flags & 4) {
    let length = data.number(2);
    if (length) yield* skip(() => (data.bits(8), --length === 0));
  }
  for (const flag of [8, 16]) if (flags & flag) yield* skip(() => data.bits(8) === 0);
  while (data.lacks(2)) yield undefined;
  if (flags & 2) data.number(2);
}

/** A code: for the next bits, a symbol and its length in the lowest 4 bits. */
interface Code {
  entries: Uint16Array;
  longest: number;
}

/** What the blocks of one member hold; `output` is space for it. */
function* inflated(data: Compressed, output: Uint8Array): Generator<Uint8Array | undefined, void> {
  let [start, end] = [0, 0]; // of what was not yielded yet
  const yielded = () => {
    const piece = output.slice(start, end);
    const kept = Math.min(end, WINDOW);
    output.copyWithin(0, end - kept, end);
    start = end = kept;
    return piece;
  };
  try {
    for (let isLast = 0; !isLast;) {
      while (data.lacks(HEAD)) yield undefined;
      isLast = data.bits(1);
      const type = data.bits(2);
      if (type === 3) throw new CorruptError("is damaged: invalid type of block");
      if (type === 0) {
        data.align();
        let length = data.bits(16);
        if ((data.bits(16) ^ 0xffff) !== length)
          throw new CorruptError("is damaged: invalid length of block");
        while (length--) {
          while (data.lacks(1)) yield undefined;
          output[end++] = data.bits(8);
          if (end >= WINDOW + PIECE) yield yielded();
        }
        continue;
      }
      const [literals, distances] = type === 1 ? FIXED : codes(data);
      for (data.isBlockOver = false; !data.isBlockOver;) {
        while (data.lacks(SYMBOL)) yield undefined;
        end = data.symbols(literals, distances, output, end);
        if (end >= WINDOW + PIECE) yield yielded();
      }
    }
  } catch (error) {
    // What could be read comes first.
    yield yielded();
    throw error;
  }
  yield yielded();
}

/** The codes of literals and lengths, and of distances, at the head of a block. */
function codes(data: Compressed): [Code, Code] {
  const counts = [data.bits(5) + 257, data.bits(5) + 1, data.bits(4) + 4] as const;
  if (counts[0] > 286 || counts[1] > 30) throw new CorruptError("is damaged: too many codes");
  const lengths = new Uint8Array(19);
  for (let index = 0; index < counts[2]; index++) lengths[ORDER[index]!] = data.bits(3);
  const code = codeOf(lengths);
  const all = new Uint8Array(counts[0] + counts[1]);
  for (let index = 0; index < all.length;) {
    const symbol = data.symbol(code);
    if (symbol < 16) all[index++] = symbol;
    else {
      const repeated = symbol === 16 ? all[index - 1] : 0;
      const count = symbol === 16 ? 3 + data.bits(2) : symbol === 17 ? 3 + data.bits(3) : 11 + data.bits(7);
      if (repeated === undefined || index + count > all.length)
        throw new CorruptError("is damaged: invalid codes");
      all.fill(repeated, index, (index += count));
    }
  }
  if (!all[256]) throw new CorruptError("is damaged: a block without end");
  return [codeOf(all.subarray(0, counts[0]), true), codeOf(all.subarray(counts[0]), true)];
}

/**
 * The code whose symbols have words of these lengths; 0 for a symbol that does not occur.
 *
 * @param maySingle - whether it may have only one word, of one bit, or none.
 */
function codeOf(lengths: Uint8Array, maySingle = false): Code {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  const longest = Math.max(1, ...lengths);
  const next = new Uint16Array(17);
  let left = 1;
  for (let length = 1; length < 16; length++) {
    left = 2 * left - counts[length]!;
    if (left < 0) throw new CorruptError("is damaged: invalid codes");
    next[length + 1] = (next[length]! + counts[length]!) << 1;
  }
  const isSingle = longest === 1 && counts[1]! < 2;
  if (left > 0 && !(maySingle && isSingle)) throw new CorruptError("is damaged: incomplete codes");
  const entries = new Uint16Array(1 << longest);
  for (const [symbol, length] of lengths.entries()) {
    if (!length) continue;
    let [word, reversed] = [next[length]!++, 0];
    for (let bit = 0; bit < length; bit++, word >>= 1) reversed = (reversed << 1) | (word & 1);
    for (let index = reversed; index < entries.length; index += 1 << length)
      entries[index] = (symbol << 4) | length;
  }
  return { entries, longest };
}

/** The order in which the lengths of words that encode lengths of words are written. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Where the numbers of some symbols begin, which have more and more extra bits. */
function ranges(start: number, extras: readonly number[]): { base: number; extra: number }[] {
  let base = start;
  return extras.map((extra) => {
    const range = { base, extra };
    base += 1 << extra;
    return range;
  });
}

const LENGTHS = ranges(
  3,
  Array.from({ length: 28 }, (_, index) => Math.max(0, (index >> 2) - 1)),
).concat({ base: LONGEST, extra: 0 });
const DISTANCES = ranges(
  1,
  Array.from({ length: 30 }, (_, index) => Math.max(0, (index >> 1) - 1)),
);

const FIXED: [Code, Code] = [
  codeOf(
    Uint8Array.from({ length: 288 }, (_, symbol) =>
      symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
    ),
  ),
  codeOf(new Uint8Array(32).fill(5)),
];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of bytes that follow others, whose CRC-32 is given. */
function crc32(bytes: Uint8Array, before: number): number {
  let value = ~before;
  for (let index = 0; index < bytes.length; index++) {
    value = CRC_TABLE[(value ^ bytes[index]!) & 255]! ^ (value >>> 8);
  }
  return ~value >>> 0;
}
