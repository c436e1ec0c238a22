// UTF-8, with the encoder and the decoder of the environment. A fault of the environment throws: it says nothing about
// the text.

const WAYS_OUT =
  "run in a browser, a worker or Node, or define it before (in Node: import it from node:util)";

// Made when they are needed first: making one takes longer than a short text does.
let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

/** The bytes of a text. */
export function encoded(text: string): Uint8Array {
  return theEncoder().encode(text);
}

/** Writes the bytes of a text, for which there must be space; returns how many they are. */
export function encodedInto(text: string, bytes: Uint8Array): number {
  return theEncoder().encodeInto(text, bytes).written;
}

function theEncoder(): TextEncoder {
  if (typeof TextEncoder === "undefined") throw new Error(`this environment has no TextEncoder; ${WAYS_OUT}`);
  return (encoder ??= new TextEncoder());
}

function strictDecoder(): TextDecoder {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  if (!strict.fatal) throw new Error("the TextDecoder of this environment does not support the option fatal");
  return strict;
}

/** The text of some bytes; undefined where they are not UTF-8. */
export function decoded(bytes: Uint8Array): string | undefined {
  if (typeof TextDecoder === "undefined") throw new Error(`this environment has no TextDecoder; ${WAYS_OUT}`);
  decoder ??= strictDecoder();
  try {
    return decoder.decode(bytes);
  } catch {
    new TextDecoder().decode(bytes); // throws where the environment, not the text, is the reason
    return undefined;
  }
}

/** The text of the bytes that precede the first one that is not UTF-8. */
export function decodedPrefix(bytes: Uint8Array): string {
  let [valid, invalid] = [0, bytes.length + 1]; // lengths of the longest valid and the shortest invalid beginning
  let text = "";
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      // As part of a stream, the last character may be incomplete; it is left out.
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      text = decoder.decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return text;
}
