// Sources from files, folders and JSON Lines, by the rules of `psion-contract check` (docs/reference/cli.md).

import { textClaims } from "./claims.js";
import { checkNames } from "./arguments.js";
import { type Content, Contents, headOf, joined } from "./contents.js";
import type { LeftAloneReason } from "./findings.js";
import { CorruptError } from "./gzip.js";
import type { Source } from "./intake.js";
import { lenient, type Limits, limitsOf } from "./reader.js";

/** A file. */
export interface Entry {
  /** Its path, with `/`; findings use it. */
  name: string;
  /** What it holds: a `File` or another `Blob`, a stream of bytes, bytes, or text. Bytes may be compressed with gzip. */
  content: Content;
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
/** Endings of the names of compressed files, after that of what they hold. */
const COMPRESSED = /\.(gz|zst)$/;
/** Endings, beside none, of files that may be a document under another name. */
const DATA =
  /~$|\.(?:ya?ml|toml|txt|log|out|dat|data|cfg|conf|tmp|bak|orig|old|new|rej|save|part|v?[0-9]+|jsn|[^.]*json[^.]*)$/;

/** How many files are begun to be read before their turn. */
const AHEAD = 16;
const PIECE = 1 << 20;
const OVERLAP = 1 << 12;
/** How much of a line that is too long is searched for its end: 256 MiB. */
const MAX_REST = 1 << 28;
const LINE_FEED = 0x0a;

/**
 * The sources of some files, for a `Checker`. A file is one document, or one per line if its name ends with `.jsonl` or
 * `.ndjson`; these have names such as `file.jsonl:12`. Each may be compressed with gzip. Of a folder, the files that end
 * with `.json`, `.jsonl` or `.ndjson`, or with `.gz` after that, are read, in the order of their paths; what else may
 * hold a document gives a source that says why it was not read.
 *
 * @throws TypeError if an option is unknown, or a content is not one.
 * @throws UnreadableError if a file is compressed with Zstandard. A file that cannot be read throws what its `Blob` or
 *   stream does.
 */
export async function* readEntries(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: EntryOptions = {},
): AsyncGenerator<Source> {
  checkNames("option", options, ["limits", "excludes"]);
  yield* sourcesOf(entries, options);
}

/** The same; the signal ends the streams among the contents, after which nothing that was read should be used. */
export async function* sourcesOf(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: EntryOptions,
  signal?: AbortSignal,
): AsyncGenerator<Source> {
  const limits = limitsOf(options.limits);
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  const excludes = (options.excludes ?? []).map((each) => each.replace(/\/+$/, ""));
  const excluded = [...DEFAULT_EXCLUDES, ...excludes].map(shellPattern);
  for await (const { entry, ignored, contents } of begun(inOrder(all, excluded), signal)) {
    const { name, content } = entry;
    const named = entry.folder === undefined;
    if (contents) yield* sourcesIn(name, contents, limits, named);
    else if (ignored === undefined) yield { name, text: content as string, named };
    else yield { name, text: "", named, ignored };
  }
}

/** The entries with what they hold, without that of a text that is one document. The reading of the next ones has begun. */
async function* begun(
  all: AsyncIterable<Treated>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Treated & { contents?: Contents }> {
  const next: (Treated & { contents?: Contents })[] = [];
  try {
    for await (const treated of all) {
      const { name, content } = treated.entry;
      const isWhole = typeof content === "string" && !isLines(name);
      const isRead = treated.ignored === undefined && !isWhole;
      next.push(isRead ? { ...treated, contents: new Contents(name, content, signal).begin() } : treated);
      if (next.length > AHEAD) yield next.shift()!;
    }
    while (next.length) yield next.shift()!;
  } finally {
    for (const { contents } of next) void contents?.close().catch(() => undefined);
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
      yield* walked(treeOf(folders.get(entry.folder)!, root), root, "", excluded);
      folders.delete(entry.folder);
    }
  }
}

/** A folder: what is in it, by name. In a store of objects, a file and a folder can have the same name. */
interface Tree {
  files: Map<string, Entry>;
  folders: Map<string, Tree>;
}

/** @throws TypeError if an entry is not in the folder, or there is another one of its name: one would be lost. */
function treeOf(entries: readonly Entry[], folder: string): Tree {
  const empty = (): Tree => ({ files: new Map(), folders: new Map() });
  const root = empty();
  for (const entry of entries) {
    if (!entry.name.startsWith(folder)) {
      throw new TypeError(
        `the entry ${JSON.stringify(entry.name)} is not below its folder ${JSON.stringify(entry.folder)}`,
      );
    }
    const parts = entry.name.slice(folder.length).split("/");
    const name = parts.pop()!;
    let tree = root;
    for (const part of parts) {
      let next = tree.folders.get(part);
      if (!next) tree.folders.set(part, (next = empty()));
      tree = next;
    }
    if (tree.files.has(name)) throw new TypeError(`two entries have the name ${JSON.stringify(entry.name)}`);
    tree.files.set(name, entry);
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
  const isExcluded = (name: string) => excluded.some((each) => each.test(name) || each.test(path + name));
  const files = sorted(tree.files);
  const links = files.filter(([, { ignored }]) => ignored === "linked-directory");
  const folders = sorted(tree.folders);
  for (const [name, child] of [...folders, ...links].sort(byName)) {
    const entry = { name: root + path + name, content: "", folder: root };
    if (isExcluded(name)) yield { entry, ignored: "excluded" };
    else if ("ignored" in child) yield { entry, ignored: "linked-directory" };
  }
  for (const [name, child] of files) {
    if (child.ignored === "linked-directory") continue;
    const treatment = await treatmentOf(name, child);
    if (treatment === "unrelated") continue;
    yield { entry: child, ignored: isExcluded(name) ? "excluded" : treatment };
  }
  for (const [name, child] of folders) {
    if (!isExcluded(name)) yield* walked(child, root, `${path}${name}/`, excluded);
  }
}

function sorted<T>(named: ReadonlyMap<string, T>): [name: string, value: T][] {
  return [...named].sort(byName);
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return byCodePoints(one, other);
}

/** Why a file in a folder is not read; undefined if it is read, `unrelated` if nothing needs to be said of it. */
async function treatmentOf(name: string, entry: Entry): Promise<LeftAloneReason | "unrelated" | undefined> {
  if (entry.ignored !== undefined) return entry.ignored;
  const lower = name.toLowerCase();
  const endsWith = (ending: string) => lower.endsWith(ending);
  if (lower.replace(COMPRESSED, "").endsWith(".json") || isLines(name)) return undefined;
  if (endsWith(".parquet")) return "other-ending";
  const [, ...endings] = lower.split(".");
  if (endings.some((ending) => /^(json|ndjson)/.test(ending))) return "other-ending";
  const isData = DATA.test(lower) || !lower.replace(/^\.+/, "").includes(".");
  if (!isData) return "unrelated";
  return claims(await headOf(entry.content)) ? "other-ending" : "unrelated";
}

/** Whether a file of this name is JSON Lines. */
function isLines(name: string): boolean {
  const plain = name.toLowerCase().replace(COMPRESSED, "");
  return LINES.some((ending) => plain.endsWith(ending));
}

function claims(bytes: Uint8Array): boolean {
  return textClaims(lenient(bytes));
}

async function* sourcesIn(
  name: string,
  contents: Contents,
  limits: Limits,
  named: boolean,
): AsyncGenerator<Source> {
  try {
    if (isLines(name)) yield* linesOf(contents, name, limits, named);
    // One byte more than the limit, from which the reader sees the excess.
    else yield await whole(name, await contents.read(limits.maxBytes + 1), contents, limits, named);
  } catch (error) {
    if (!(error instanceof CorruptError)) throw error;
    yield { name, text: "", group: name, fault: { rule: "invalid-json", message: error.message } };
  } finally {
    await contents.close();
  }
}

/** The source of a whole document, whose beginning has been read. */
async function whole(
  name: string,
  text: Uint8Array,
  contents: Contents,
  limits: Limits,
  named: boolean,
): Promise<Source> {
  const isOver = text.length > limits.maxBytes;
  const rest = isOver && !named && (await restClaims(contents, text));
  return { name, text, named, restClaims: rest };
}

/** Whether the rest of a file, together with the bytes before it, claims the contract. */
async function restClaims(contents: Contents, before: Uint8Array): Promise<boolean> {
  for (let last = before; ;) {
    const piece = await contents.read(PIECE);
    if (!piece.length) return false;
    if (claims(joined(last.slice(-OVERLAP), piece))) return true;
    last = piece;
  }
}

async function* linesOf(
  contents: Contents,
  name: string,
  limits: Limits,
  named: boolean,
): AsyncGenerator<Source> {
  const { maxBytes, maxLines } = limits;
  let [number, isEmpty] = [0, true];
  for (let line; (line = await contents.line(maxBytes + 2)).length;) {
    if (++number > maxLines) {
      const fault = { rule: "limit-exceeded", message: `more than ${maxLines} lines, the limit` } as const;
      const rest = !named && (claims(line) || (await restClaims(contents, line)));
      yield { name, text: "", named, fault, restClaims: rest };
      return;
    }
    const isCut = line.at(-1) !== LINE_FEED && line.length > maxBytes;
    if (isEmpty && !isCut && isIndented(line)) {
      const message =
        "a document over several lines; in JSON Lines every line is a document of its own. Give the file a name " +
        "that ends with .json";
      const text = joined(line, await contents.read(Math.max(0, maxBytes + 1 - line.length)));
      const source = await whole(name, text, contents, limits, named);
      yield { ...source, firstLine: number, fault: { rule: "invalid-json", message } };
      return;
    }
    const { found, isOver } = isCut ? await skipLine(contents, line) : { found: false, isOver: false };
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
async function skipLine(contents: Contents, line: Uint8Array): Promise<{ found: boolean; isOver: boolean }> {
  let found = false;
  let before = line.slice(-OVERLAP);
  for (let piece = 0; piece < MAX_REST / PIECE; piece++) {
    const next = await contents.line(PIECE);
    found ||= claims(joined(before, next));
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

/** The regular expression of a pattern of names as a shell, and `fnmatch` of Python, have them. */
function shellPattern(pattern: string): RegExp {
  const parts = pattern.match(/\*|\?|\[(?:!|(?!!))[^][^\]]*\]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === "*") return "[^]*";
    if (part === "?") return "[^]";
    return part.length > 2 && part.startsWith("[") ? characterClass([...part].slice(1, -1)) : written(part);
  });
  return new RegExp(`^(?:${source.join("")})$`, "u");
}

/** The class of what is between brackets; a range that ends before it starts has no characters. */
function characterClass(characters: string[]): string {
  const isNot = characters[0] === "!";
  let source = "";
  for (let index = isNot ? 1 : 0; index < characters.length; index++) {
    const first = characters[index]!;
    const last = characters[index + 1] === "-" ? characters[index + 2] : undefined;
    if (last === undefined) source += written(first);
    else {
      if (byCodePoints(first, last) <= 0) source += `${written(first)}-${written(last)}`;
      index += 2;
    }
  }
  return `[${isNot ? "^" : ""}${source}]`;
}

/** A character in a regular expression, whatever it means there. */
function written(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** The order of two names by their code points. */
function byCodePoints(one: string, other: string): number {
  let index = 0;
  while (index < one.length && one.charCodeAt(index) === other.charCodeAt(index)) index++;
  return (one.codePointAt(index) ?? -1) - (other.codePointAt(index) ?? -1);
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
