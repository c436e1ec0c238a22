// What a file holds, read from its beginning to its end, and decompressed where it is compressed with gzip.

import { isBytes } from "./arguments.js";
import { Compressed, CorruptError, gunzipped } from "./gzip.js";
import type { JsonText } from "./reader.js";
import { Slice } from "./slice.js";
import { encoded } from "./utf8.js";

/** Where the bytes of a file come from: a `File` or another `Blob`, a stream of bytes, bytes, or text. */
export type Content = Blob | ReadableStream<Uint8Array> | JsonText;

/** How much of a `Blob` is read at once: first, and then. */
const [HEAD, PIECE] = [1 << 16, 1 << 20];
const LINE_FEED = 0x0a;
const ZSTANDARD = [0x28, 0xb5, 0x2f, 0xfd];
/** A frame of Zstandard with other data, which pzstd writes before all others, begins with 0x50 to 0x5f and these. */
const SKIPPABLE = [0x2a, 0x4d, 0x18];

/** A file whose content cannot be read here, although it may be right. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

/** The bytes of a file, one after the other. Only what was not yet taken is kept. */
export class Contents {
  private buffer: Uint8Array = new Uint8Array(0);
  private isEnded = false;
  private readonly pieces: AsyncGenerator<Uint8Array>;
  private begun: Promise<void> | undefined;

  /**
   * @param name - of the file, for errors.
   * @param signal - ends a stream, also one that stalls; what was read is then not all of it.
   * @throws TypeError if `content` is not one.
   */
  constructor(name: string, content: Content, signal?: AbortSignal) {
    this.pieces = decompressed(name, piecesOf(content, signal));
  }

  /** Starts to read, so that the first bytes are there when they are asked for. */
  begin(): this {
    this.begun = this.fill();
    this.begun.catch(() => undefined); // said to who asks
    return this;
  }

  /** The next bytes, fewer only at the end. */
  async read(length: number): Promise<Uint8Array> {
    while (this.buffer.length < length && !this.isEnded) await this.fill();
    return this.taken(Math.min(length, this.buffer.length));
  }

  /** The next line with its end, or the first part of a longer one; empty at the end. */
  async line(most: number): Promise<Uint8Array> {
    for (let from = 0; ; from = this.buffer.length, await this.fill()) {
      const end = this.buffer.indexOf(LINE_FEED, from) + 1;
      if (end || this.buffer.length >= most || this.isEnded) {
        return this.taken(Math.min(end || this.buffer.length, most));
      }
    }
  }

  /** Ends the reading, also of a stream. */
  async close(): Promise<void> {
    await this.pieces.return(undefined);
  }

  private taken(length: number): Uint8Array {
    const bytes = this.buffer.subarray(0, length);
    this.buffer = this.buffer.subarray(length);
    return bytes;
  }

  private async fill(): Promise<void> {
    if (this.begun) {
      const { begun } = this;
      this.begun = undefined;
      return begun;
    }
    const { value, done } = await this.pieces.next();
    if (done) this.isEnded = true;
    else this.buffer = this.buffer.length ? joined(this.buffer, value) : value;
  }
}

/** The first bytes of a content, as they are. */
export async function headOf(content: Content): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  for await (const piece of piecesOf(content)) {
    head = head.length ? joined(head, piece) : piece;
    if (head.length >= HEAD) break;
  }
  return head.subarray(0, HEAD);
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The bytes of a content in pieces that are not empty. */
function piecesOf(content: Content, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") return of(encoded(content));
  if (ArrayBuffer.isView(content)) {
    return of(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  }
  if (isBytes(content)) return of(new Uint8Array(content));
  if (content instanceof Blob) return ofBlob(content);
  if (typeof ReadableStream !== "undefined" && content instanceof ReadableStream) {
    return ofStream(content, signal);
  }
  throw new TypeError("expected a Blob, a stream, bytes or a string as the content of an entry");
}

async function* of(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length) yield bytes;
}

async function* ofBlob(blob: Blob): AsyncGenerator<Uint8Array> {
  // Most are small, and browsers take several times as long for a slice.
  if (blob.size <= HEAD) return yield* of(new Uint8Array(await blob.arrayBuffer()));
  for (let start = 0, length = HEAD; start < blob.size; start += length, length = PIECE) {
    yield new Uint8Array(await blob.slice(start, start + length).arrayBuffer());
  }
}

async function* ofStream(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  const stop = () => void reader.cancel(signal!.reason).catch(() => undefined);
  signal?.addEventListener("abort", stop);
  let isOver = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      isOver = done;
      if (done) return;
      if (!isBytes(value)) throw new TypeError("expected bytes in the stream of an entry");
      if (value.length) yield value;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    if (!isOver) await reader.cancel().catch(() => undefined);
  }
}

/** The pieces, decompressed if their first bytes say that they are compressed. */
async function* decompressed(name: string, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    let first: Uint8Array = new Uint8Array(0);
    while (first.length < ZSTANDARD.length) {
      const { value, done } = await pieces.next();
      if (done) break;
      first = first.length ? joined(first, value) : value;
    }
    if (isZstandard(first)) {
      throw new UnreadableError(
        `${name}: compressed with Zstandard, which this package does not read; decompress it, or compress it with gzip`,
      );
    }
    if (first[0] === 0x1f && first[1] === 0x8b) yield* unzipped(first, pieces);
    else {
      if (first.length) yield first;
      yield* pieces;
    }
  } finally {
    await pieces.return(undefined);
  }
}

function isZstandard(first: Uint8Array): boolean {
  const isSkippable = first[0]! >> 4 === 5 && SKIPPABLE.every((byte, index) => first[index + 1] === byte);
  return isSkippable || ZSTANDARD.every((byte, index) => first[index] === byte);
}

async function* unzipped(first: Uint8Array, pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const data = new Compressed();
  data.feed(first);
  const slice = new Slice();
  let size = 0;
  try {
    for (const piece of gunzipped(data)) {
      if (slice.isOver()) await slice.next(); // little data may hold very much
      if (!piece) data.feed((await pieces.next()).value as Uint8Array | undefined);
      else if (piece.length) {
        size += piece.length;
        yield piece;
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    throw new CorruptError(`the gzip data, after ${size} bytes that could be read, ${error.message}`);
  }
}
