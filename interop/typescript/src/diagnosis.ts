// What a text that is not JSON is instead, and what to do about it.

const COMPRESSED: readonly (readonly [name: string, start: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["Zstandard", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zip", [0x50, 0x4b, 3, 4]],
];

const MARKED: readonly (readonly [message: string, start: readonly number[]])[] = [
  ["UTF-32 text; save it as UTF-8", [0xff, 0xfe, 0, 0]],
  ["UTF-32 text; save it as UTF-8", [0, 0, 0xfe, 0xff]],
  ["UTF-16 text; save it as UTF-8", [0xff, 0xfe]],
  ["UTF-16 text; save it as UTF-8", [0xfe, 0xff]],
  ["byte order mark (U+FEFF) at the start; save the file as UTF-8 without one", [0xef, 0xbb, 0xbf]],
];

/** What bytes are that begin like no JSON; undefined if they show nothing familiar. */
export function diagnosisOfBytes(bytes: Uint8Array): string | undefined {
  const begins = ([, start]: readonly [string, readonly number[]]) =>
    start.every((byte, index) => bytes[index] === byte);
  const compressed = COMPRESSED.find(begins);
  return compressed ? `${compressed[0]}-compressed data; decompress it first` : MARKED.find(begins)?.[0];
}

const CONFLICT = /^(?:<{7}|>{7}) /m;
const YAML = /^\s*(?:#[^\n]*\n\s*)*(?:---\s|%YAML|- |[A-Za-z_][\w.-]*:(?:\s|$))/;
const PYTHON = /[{[,:]\s*(?:'|True\b|False\b|None\b|[A-Za-z_]\w*\()/y;

/** What a text is that stops being JSON at an offset; undefined if it shows nothing familiar. */
export function diagnosisOfText(text: string, offset: number): string | undefined {
  const rest = text.slice(offset, offset + 100);
  const before = text.slice(0, offset).trimEnd();
  const conflict = CONFLICT.exec(text);
  if (!text.trim()) return "the text is empty";
  if (text.startsWith("version https://git-lfs.github.com/spec/")) {
    return "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`";
  }
  if (text.slice(0, 4).includes("\0")) return "UTF-16 text without a byte order mark; save it as UTF-8";
  if (conflict) {
    const line = text.slice(0, conflict.index).split("\n").length;
    return `unresolved merge conflict, marked at line ${line}`;
  }
  if (/^(?:\/\/|\/\*|#)/.test(rest)) return "JSON has no comments; remove it";
  if (/^[{[]/.test(rest) && /[}\]]$/.test(before)) {
    return text.slice(before.length, offset).includes("\n")
      ? "another document follows; give each its own text"
      : undefined;
  }
  if (/^-?(?:NaN|Infinity)/.test(rest)) {
    return "JSON has no NaN or Infinity; a receipt states only what was measured";
  }
  if (offset >= text.length) return "the text ends inside the document; it is truncated";
  PYTHON.lastIndex = Math.max(0, before.length - 1);
  if (PYTHON.test(text))
    return "this looks like Python or JavaScript; write JSON, for example with JSON.stringify";
  if (YAML.test(text)) return "this looks like YAML; convert it to JSON";
  return text.trimStart().startsWith("<") ? "this looks like HTML or XML" : undefined;
}
