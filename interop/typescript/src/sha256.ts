// SHA-256 (FIPS 180-4) of texts, at once: that of browsers is asynchronous.

import { compress, INITIAL } from "./generated/compress.js";
import { encodedInto } from "./utf8.js";

const BLOCK = 64;
/** What follows the text in the last block at least: a mark and the length. */
const END = 9;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const START = Int32Array.from(INITIAL);
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
  const state = START.slice();
  for (let start = 0; start < end; start += BLOCK) compress(state, view, start);
  let digest = "";
  for (const word of state) {
    digest += HEX[word >>> 24]! + HEX[(word >>> 16) & 255]! + HEX[(word >>> 8) & 255]! + HEX[word & 255]!;
  }
  return digest;
}
