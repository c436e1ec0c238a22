// SHA-256 (FIPS 180-4) of texts, at once: that of browsers is asynchronous.

import { encodedInto } from "./utf8.js";

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
const INITIAL = new Int32Array(8);
/** The same of the cube roots of the first 64 primes. */
const CONSTANTS = new Int32Array(64);

for (let number = 2, count = 0; count < 64; number++) {
  let factor = 2;
  while (number % factor) factor++;
  if (factor < number) continue;
  if (count < 8) INITIAL[count] = fraction(Math.sqrt(number));
  CONSTANTS[count++] = fraction(Math.cbrt(number));
}

function fraction(root: number): number {
  return ((root % 1) * 2 ** 32) | 0;
}

const BLOCK = 64;
/** What follows the text in the last block at least: a mark and the length. */
const END = 9;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const schedule = new Int32Array(64);
let bytes = new Uint8Array(1 << 13);
let view = new DataView(bytes.buffer);

/** The digest of the UTF-8 bytes of a text, as 64 lowercase hex characters. */
export function sha256(text: string): string {
  const most = 3 * text.length + END + BLOCK;
  if (bytes.length < most) {
    bytes = new Uint8Array(2 * most);
    view = new DataView(bytes.buffer);
  }
  const length = encodedInto(text, bytes);
  const end = Math.ceil((length + END) / BLOCK) * BLOCK;
  bytes[length] = 0x80;
  for (let index = length + 1; index < end; index++) bytes[index] = 0;
  // The length in bits, as 64 of them.
  view.setUint32(end - 8, Math.floor((length * 8) / 2 ** 32));
  view.setUint32(end - 4, length * 8);
  const state = INITIAL.slice();
  for (let start = 0; start < end; start += BLOCK) compress(state, view, start);
  let digest = "";
  for (const word of state) {
    digest += HEX[word >>> 24]! + HEX[(word >>> 16) & 255]! + HEX[(word >>> 8) & 255]! + HEX[word & 255]!;
  }
  return digest;
}

function compress(state: Int32Array, block: DataView, start: number): void {
  const w = schedule;
  for (let index = 0; index < 16; index++) w[index] = block.getInt32(start + 4 * index);
  for (let index = 16; index < 64; index++) {
    const x = w[index - 15]!;
    const y = w[index - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[index] = w[index - 16]! + s0 + w[index - 7]! + s1;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let index = 0; index < 64; index++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + CONSTANTS[index]! + w[index]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}
