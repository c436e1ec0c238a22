// Sources from files, folders and JSON Lines, by the rules of `psion-contract check` (docs/reference/cli.md).

import { textClaims } from "./claims.js";
import { checkNames, isBytes } from "./arguments.js";
import type { LeftAloneReason } from "./findings.js";
import type { Source } from "./intake.js";
import { type JsonText, lenient, type Limits, limitsOf } from "./reader.js";
import { encoded } from "./utf8.js";

/** A file. */
export interface Entry {
  /** Its path, with `/`; findings use it. */
  name: string;
  /** What it holds: a `File` or another `Blob`, bytes, or text. */
  content: Blob | JsonText;
  /**
   * The path of the folder that it was found in by looking through that, at any depth; undefined for a file that the user
   * named. A named file must hold a contract document.
   */
  folder?: string;
  /** Why it was not read, where that is known, such as `linked-directory`. */
  ignored?: LeftAloneReason;
}

/** Options of reading entries. */
export interface EntryOptions {
  /** The limits of the reader. */
  limits?: Partial<Limits>;
  /** Patterns of names, or of paths below a folder, that are not read: `*`, `?` and `[…]` as in a shell. */
  excludes?: readonly string[];
}

/** Folders that hold copies of other states of a tree: of version control, and of notebooks. They are not read. */
const DEFAULT_EXCLUDES = [".git", ".hg", ".svn", ".jj", ".bzr", "CVS", ".ipynb_checkpoints"];

/** Endings of the names of JSON Lines files. */
const LINES = [".jsonl", ".ndjson"];
/** Endings, beside none, of files that may be a document under another name. */
const DATA =
  /~$|\.(?:ya?ml|toml|txt|log|out|dat|data|cfg|conf|tmp|bak|orig|old|new|rej|save|part|v?[0-9]+|jsn|[^.]*json[^.]*)$/;

const HEAD = 1 << 16;
const PIECE = 1 << 20;
const OVERLAP = 1 << 12;
/** How much of a line that is too long is searched for its end: 256 MiB. */
const MAX_REST = 1 << 28;
const LINE_FEED = 0x0a;

/**
 * The sources of some files, for a `Checker`. A file is one document, or one per line if its name ends with `.jsonl` or
 * `.ndjson`; these have names such as `file.jsonl:12`. Of a folder, the files that end with `.json`, `.jsonl` or
 * `.ndjson` are read, in the order of their paths; what else may hold a document gives a source that says why it was
 * not read.
 *
 * @throws TypeError if an option is unknown. A file that cannot be read throws what its `Blob` does.
 */
export async function* readEntries(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: EntryOptions = {},
): AsyncGenerator<Source> {
  checkNames("option", options, ["limits", "excludes"]);
  const limits = limitsOf(options.limits);
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  const excluded = [...DEFAULT_EXCLUDES, ...(options.excludes ?? [])].map(shellPattern);
  for await (const { entry, ignored } of inOrder(all, excluded)) {
    const named = entry.folder === undefined;
    if (ignored !== undefined) yield { name: entry.name, text: "", named, ignored };
    else yield* sourcesIn(entry, limits, named);
  }
}

/** An entry, and why it is not read, if it is not. */
interface Treated {
  entry: Entry;
  ignored: LeftAloneReason | undefined;
}

/** Named entries in their order, and where the first one of a folder is, all of the folder. */
async function* inOrder(entries: readonly Entry[], excluded: readonly RegExp[]): AsyncGenerator<Treated> {
  const folders = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.folder === undefined) continue;
    const inside = folders.get(entry.folder);
    if (inside) inside.push(entry);
    else folders.set(entry.folder, [entry]);
  }
  for (const entry of entries) {
    if (entry.folder === undefined) yield { entry, ignored: entry.ignored };
    else if (folders.has(entry.folder)) {
      const root = entry.folder.replace(/([^/])$/, "$1/");
      yield* walked(treeOf(folders.get(entry.folder)!), root, "", excluded);
      folders.delete(entry.folder);
    }
  }
}

/** A folder: what is in it, by name. */
type Tree = Map<string, Entry | Tree>;

function treeOf(entries: readonly Entry[]): Tree {
  const root: Tree = new Map();
  for (const entry of entries) {
    const parts = entry.name.slice(entry.folder!.length).split("/").filter(Boolean);
    const name = parts.pop() ?? "";
    let tree = root;
    for (const part of parts) {
      let next = tree.get(part);
      if (!(next instanceof Map)) tree.set(part, (next = new Map()));
      tree = next;
    }
    tree.set(name, entry);
  }
  return root;
}

/**
 * Walks over a folder: the folders in it that are not read, its files, then what is in the other folders.
 *
 * @param root - the path of the folder in which the walk started, with `/` at the end.
 * @param path - the path of the tree below the root, with `/` at the end unless it is empty.
 */
async function* walked(
  tree: Tree,
  root: string,
  path: string,
  excluded: readonly RegExp[],
): AsyncGenerator<Treated> {
  const children = [...tree].sort(([one], [other]) => byCodePoints(one, other));
  const isExcluded = (name: string) => excluded.some((each) => each.test(name) || each.test(path + name));
  for (const [name, child] of children) {
    const isFolder = child instanceof Map;
    if (!isFolder && child.ignored !== "linked-directory") continue;
    const entry = { name: root + path + name, content: "", folder: root };
    if (isExcluded(name)) yield { entry, ignored: "excluded" };
    else if (!isFolder) yield { entry, ignored: "linked-directory" };
  }
  for (const [name, child] of children) {
    if (child instanceof Map || child.ignored === "linked-directory") continue;
    const treatment = await treatmentOf(name, child);
    if (treatment === "unrelated") continue;
    yield { entry: child, ignored: isExcluded(name) ? "excluded" : treatment };
  }
  for (const [name, child] of children) {
    if (child instanceof Map && !isExcluded(name)) yield* walked(child, root, `${path}${name}/`, excluded);
  }
}

/** Why a file in a folder is not read; undefined if it is read, `unrelated` if nothing needs to be said of it. */
async function treatmentOf(name: string, entry: Entry): Promise<LeftAloneReason | "unrelated" | undefined> {
  if (entry.ignored !== undefined) return entry.ignored;
  const lower = name.toLowerCase();
  const endsWith = (ending: string) => lower.endsWith(ending);
  if (endsWith(".json") || LINES.some(endsWith)) return undefined;
  const [, ...endings] = lower.split(".");
  if (endings.some((ending) => /^(json|ndjson)/.test(ending))) return "other-ending";
  const isData = DATA.test(lower) || !lower.replace(/^\.+/, "").includes(".");
  if (!isData) return "unrelated";
  return claims(await new Bytes(entry.content).slice(0, HEAD)) ? "other-ending" : "unrelated";
}

function claims(bytes: Uint8Array): boolean {
  return textClaims(lenient(bytes));
}

async function* sourcesIn({ name, content }: Entry, limits: Limits, named: boolean): AsyncGenerator<Source> {
  const bytes = new Bytes(content);
  if (LINES.some((ending) => name.toLowerCase().endsWith(ending))) {
    yield* linesOf(new LineReader(bytes), name, limits, named);
  } else if (typeof content === "string") yield { name, text: content, named };
  else {
    // One byte more than the limit, from which the reader sees the excess.
    const text = await bytes.slice(0, limits.maxBytes + 1);
    yield await whole(name, text, 0, bytes, limits, named);
  }
}

/** The source of a whole document, whose beginning has been read. */
async function whole(
  name: string,
  text: Uint8Array,
  start: number,
  bytes: Bytes,
  limits: Limits,
  named: boolean,
): Promise<Source> {
  const isOver = text.length > limits.maxBytes;
  const rest = isOver && !named && (await restClaims(bytes, start, start + text.length));
  return { name, text, named, restClaims: rest };
}

/** Whether what follows a text over the limit, together with its end, claims the contract. */
async function restClaims(bytes: Bytes, start: number, end: number): Promise<boolean> {
  for (let from = end; from < bytes.size; from += PIECE) {
    if (claims(await bytes.slice(Math.max(start, from - OVERLAP), from + PIECE))) return true;
  }
  return false;
}

async function* linesOf(
  lines: LineReader,
  name: string,
  limits: Limits,
  named: boolean,
): AsyncGenerator<Source> {
  const { maxBytes, maxLines } = limits;
  let [number, isEmpty] = [0, true];
  for (let line; (line = await lines.next(maxBytes + 2)).length;) {
    const start = lines.offset - line.length;
    if (++number > maxLines) {
      const fault = { rule: "limit-exceeded", message: `more than ${maxLines} lines, the limit` } as const;
      const rest = !named && (await restClaims(lines.bytes, start, lines.offset));
      yield { name, text: "", named, fault, restClaims: rest };
      return;
    }
    const isCut = line.at(-1) !== LINE_FEED && line.length > maxBytes;
    if (isEmpty && isIndented(line)) {
      const message =
        "a document over several lines; in JSON Lines every line is a document of its own. Give the file a name " +
        "that ends with .json";
      const text = await lines.bytes.slice(start, start + Math.max(line.length, maxBytes + 1));
      const source = await whole(name, text, start, lines.bytes, limits, named);
      yield { ...source, firstLine: number, fault: { rule: "invalid-json", message } };
      return;
    }
    const { found, isOver } = isCut ? await skipLine(lines, line) : { found: false, isOver: false };
    if (isCut || !isBlank(line)) {
      isEmpty = false;
      const text = withoutEnd(line);
      const place = `${name}:${number}`;
      yield { name: place, text, named, firstLine: number, group: name, restClaims: !named && found };
    }
    if (isOver) {
      const message = `line ${number} is longer than ${MAX_REST} bytes; the rest was not read`;
      yield { name, text: "", fault: { rule: "limit-exceeded", message } };
      return;
    }
  }
  // A file without any document.
  if (isEmpty) yield { name, text: "null", named, firstLine: undefined, group: name };
}

/** Skips the rest of a line that is too long: whether it claims the contract, and whether it has no end. */
async function skipLine(lines: LineReader, line: Uint8Array): Promise<{ found: boolean; isOver: boolean }> {
  let found = false;
  let before = line.slice(-OVERLAP);
  for (let piece = 0; piece < MAX_REST / PIECE; piece++) {
    const next = await lines.next(PIECE);
    const both = new Uint8Array(before.length + next.length);
    both.set(before);
    both.set(next, before.length);
    found ||= claims(both);
    if (!next.length || next.at(-1) === LINE_FEED) return { found, isOver: false };
    before = next.slice(-OVERLAP);
  }
  return { found, isOver: true };
}

/** Whether the first line of a file begins a document that continues on the next line. */
function isIndented(line: Uint8Array): boolean {
  let end = line.length;
  while (end > 0 && isSpace(line[end - 1]!)) end--;
  return end > 0 && "{[,:".includes(String.fromCharCode(line[end - 1]!));
}

function isBlank(line: Uint8Array): boolean {
  return line.every(isSpace);
}

/** White space of ASCII. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function withoutEnd(line: Uint8Array): Uint8Array {
  let end = line.length;
  while (end > 0 && (line[end - 1] === LINE_FEED || line[end - 1] === 0x0d)) end--;
  return line.subarray(0, end);
}

/** The bytes of a content, read in parts. */
class Bytes {
  readonly size: number;
  private readonly content: Blob | Uint8Array;

  constructor(content: Blob | JsonText) {
    if (typeof content === "string") this.content = encoded(content);
    else if (ArrayBuffer.isView(content)) {
      this.content = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    } else if (isBytes(content)) this.content = new Uint8Array(content);
    else if (content instanceof Blob) this.content = content;
    else throw new TypeError("expected a Blob, bytes or a string as the content of an entry");
    this.size = this.content instanceof Blob ? this.content.size : this.content.length;
  }

  async slice(start: number, end: number): Promise<Uint8Array> {
    if (!(this.content instanceof Blob)) return this.content.subarray(start, end);
    return new Uint8Array(await this.content.slice(start, end).arrayBuffer());
  }
}

/** Reads lines, as far as they are needed. */
class LineReader {
  /** Where the next line starts. */
  offset = 0;
  private buffer = new Uint8Array(0);
  /** Where the buffer starts. */
  private start = 0;

  constructor(readonly bytes: Bytes) {}

  /** The next line with its end, or the first part of a longer one; empty at the end. */
  async next(most: number): Promise<Uint8Array> {
    for (;;) {
      const from = this.offset - this.start;
      const end = this.buffer.indexOf(LINE_FEED, from) + 1;
      const length = end ? end - from : this.buffer.length - from;
      if (end || length >= most || this.start + this.buffer.length >= this.bytes.size) {
        const line = this.buffer.subarray(from, from + Math.min(length, most));
        this.offset += line.length;
        return line;
      }
      const next = await this.bytes.slice(
        this.start + this.buffer.length,
        this.start + this.buffer.length + PIECE,
      );
      const both = new Uint8Array(length + next.length);
      both.set(this.buffer.subarray(from));
      both.set(next, length);
      [this.buffer, this.start] = [both, this.offset];
    }
  }
}

/** The regular expression of a pattern of names as a shell has them. */
function shellPattern(pattern: string): RegExp {
  const parts = pattern.match(/\*|\?|\[!?\]?[^\]]*\]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return "[^]*";
    if (part === "?") return "[^]";
    if (part.length < 3 || !part.startsWith("[")) return part.replace(/[\\^$.|?*+()[\]{}/-]/, "\\$&");
    const isNot = part[1] === "!";
    return `[${isNot ? "^" : ""}${part.slice(isNot ? 2 : 1, -1).replaceAll(/[\\^[\]]/g, "\\$&")}]`;
  });
  return new RegExp(`^(?:${source.join("")})$`, "u");
}

/** The order of two names by their code points. */
function byCodePoints(one: string, other: string): number {
  const [first, second] = [[...one], [...other]];
  for (let index = 0; index < Math.min(first.length, second.length); index++) {
    const difference = first[index]!.codePointAt(0)! - second[index]!.codePointAt(0)!;
    if (difference) return difference;
  }
  return first.length - second.length;
}

/** The entries of files that the user selected; those of a selected folder are in it. */
export function selectedEntries(files: Iterable<File>): Entry[] {
  return Array.from(files, (file) => {
    const name = file.webkitRelativePath || file.name;
    const folder = name.includes("/") ? name.slice(0, name.indexOf("/")) : undefined;
    return { name, content: file, ...(folder !== undefined && { folder }) };
  });
}

/** The entries of files and folders that the user dropped. Must be called while the event is handled. */
export async function droppedEntries(dropped: DataTransfer): Promise<Entry[]> {
  const files = Array.from(dropped.items).filter(({ kind }) => kind === "file");
  const found = files.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const entries = await Promise.all(
    found.map((each) => {
      if (!each) return [];
      if (each instanceof File) return [{ name: each.name, content: each }];
      return entriesBelow(each, each.isDirectory ? each.name : undefined);
    }),
  );
  return entries.flat();
}

async function entriesBelow(root: FileSystemEntry, folder: string | undefined): Promise<Entry[]> {
  const found: Entry[] = [];
  const open = [root];
  for (let next; (next = open.pop());) {
    const name = next.fullPath.slice(1);
    if (next.isFile) {
      const content = await new Promise<File>((resolve, reject) =>
        (next as FileSystemFileEntry).file(resolve, reject),
      );
      found.push({ name, content, ...(folder !== undefined && { folder }) });
      continue;
    }
    const reader = (next as FileSystemDirectoryEntry).createReader();
    for (;;) {
      // Browsers return at most some of the entries at a time, and none at the end.
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (!some.length) break;
      open.push(...some);
    }
  }
  return found;
}
