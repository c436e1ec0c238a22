// Checks in a worker: what a page and its worker tell each other.

import type { Entry } from "./entries.js";
import { exactJson } from "./canonical.js";
import { UnreadableError } from "./contents.js";
import { type DocumentEntry, Finding, type LeftAlone } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import type { JsonObject } from "./json.js";
import type { Part } from "./judging.js";
import { parse } from "./parser.js";
import { typed } from "./shape.js";
import { type Batch, batches, type CheckAllOptions, checkOptions, CheckRun, type Progress } from "./run.js";
import { Slice } from "./slice.js";

/** One end of a connection: a `Worker`, a `MessagePort`, or what a worker calls `self`. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message" | "error" | "messageerror", listener: (event: Event) => void): void;
  removeEventListener(type: "message" | "error" | "messageerror", listener: (event: Event) => void): void;
  start?(): void;
}

/** What can be told to another thread of the options. */
type Told = Omit<CheckAllOptions, "inputs" | "signal" | "onProgress">;

/** What the page says about one check. */
type Request = { check: number } & (
  { entries: Entry[] } | { inputs: Entry[] } | { start: Told } | { abort: true }
);

/** What the worker says about one check. */
type Answer = { check: number } & (
  { batch: PackedBatch } | { progress: Progress } | { end: true } | { error: unknown; isUnreadable?: boolean }
);

/** How many entries are in one message. */
const CHUNK = 50;

let checks = 0;

/** Checks in a worker, so that the page has its thread for itself. */
export class CheckWorker {
  readonly #port: Port;
  /** Why the worker cannot answer, such as that its script could not be loaded. */
  #failure: Error | undefined;

  /**
   * @param worker - a worker that runs `psion-contract/worker`:
   *   `new Worker(new URL("psion-contract/worker", import.meta.url), { type: "module" })`.
   */
  constructor(worker: Port) {
    this.#port = worker;
    worker.addEventListener("error", (event) => (this.#failure ??= failureOf(event)));
    worker.start?.();
  }

  /** As the function `checkAll`. What it yields are copies from the worker. */
  checkAll(entries: Iterable<Entry> | AsyncIterable<Entry>, options: CheckAllOptions = {}): CheckRun {
    checkOptions(options);
    return new CheckRun(this.#batches(entries, options), options);
  }

  async *#batches(
    entries: Iterable<Entry> | AsyncIterable<Entry>,
    { inputs = [], signal, onProgress, ...told }: CheckAllOptions,
  ): AsyncGenerator<Batch> {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const check = checks++;
    const say = (request: object, transfer: Transferable[] = []) =>
      this.#port.postMessage({ check, ...request }, transfer);
    const answers: Answer[] = [];
    let wake = () => {};
    const hear = (event: Event) => {
      const { data } = event as MessageEvent<Answer>;
      if (event.type === "message" && data?.check !== check) return;
      if (event.type === "message") answers.push(data);
      else answers.push({ check, error: failureOf(event) });
      wake();
    };
    const types = ["message", "error", "messageerror"] as const;
    for (const type of types) this.#port.addEventListener(type, hear);
    const stop = () => wake();
    signal?.addEventListener("abort", stop);
    let isOver = false;
    try {
      for await (const chunk of chunks(inputs)) say({ inputs: chunk }, streamsOf(chunk));
      for await (const chunk of chunks(entries)) {
        say({ entries: chunk }, streamsOf(chunk));
        signal?.throwIfAborted();
      }
      say({ start: told });
      for (;;) {
        signal?.throwIfAborted();
        const answer = answers.shift();
        if (!answer) await new Promise<void>((resolve) => (wake = resolve));
        else if ("progress" in answer) onProgress?.(answer.progress);
        else if ("batch" in answer) yield unpacked(answer.batch);
        else {
          isOver = true;
          if ("error" in answer) throw errorOf(answer);
          return;
        }
      }
    } finally {
      if (!isOver) say({ abort: true });
      for (const type of types) this.#port.removeEventListener(type, hear);
      signal?.removeEventListener("abort", stop);
    }
  }
}

function failureOf(event: Event): Error {
  return new Error((event as ErrorEvent).message || "the worker failed, or could not be loaded");
}

/** What the worker threw. Of the classes of errors, only those of the language survive the way. */
function errorOf({ error, isUnreadable }: { error: unknown; isUnreadable?: boolean }): unknown {
  return isUnreadable ? new UnreadableError((error as Error).message) : error;
}

/** The streams among the contents of entries. They are moved to the worker; everything else is copied. */
function streamsOf(entries: readonly Entry[]): Transferable[] {
  if (typeof ReadableStream === "undefined") return [];
  return entries.flatMap(({ content }) => (content instanceof ReadableStream ? [content] : []));
}

/** Some entries at a time, with other tasks between them. */
async function* chunks(entries: Iterable<Entry> | AsyncIterable<Entry>): AsyncGenerator<Entry[]> {
  const slice = new Slice();
  let chunk: Entry[] = [];
  for await (const { name, content, folder, ignored } of entries) {
    chunk.push({ name, content, ...(folder !== undefined && { folder }), ...(ignored && { ignored }) });
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
    await slice.next();
  }
  if (chunk.length) yield chunk;
}

/** A document as it travels: with its value as text, which a page takes in less time than the objects. */
type Packed = Omit<DocumentEntry, "value"> & { json: string };

interface PackedBatch {
  parts: (Omit<Part, "document"> & { document?: Packed | undefined })[];
  inputs: Packed[];
  leftAlone: readonly LeftAlone[];
}

function packed({ parts = [], inputs = [], leftAlone = [] }: Batch): PackedBatch {
  const pack = ({ value, ...entry }: DocumentEntry) => ({ ...entry, json: exactJson(value) });
  return {
    parts: parts.map(({ document, ...part }) => ({ ...part, document: document && pack(document) })),
    inputs: inputs.map(pack),
    leftAlone,
  };
}

/** A batch whose findings have their methods, which copies lack, and whose values are made when they are asked for. */
function unpacked({ parts, inputs, leftAlone }: PackedBatch): Batch {
  return {
    parts: parts.map(({ document, ...part }) => {
      for (const finding of part.findings) Object.setPrototypeOf(finding, Finding.prototype);
      return { ...part, ...(document && { document: unpackedEntry(document) }) };
    }),
    inputs: inputs.map(unpackedEntry),
    leftAlone,
  };
}

function unpackedEntry({ json, ...entry }: Packed): DocumentEntry {
  let value: JsonObject | undefined;
  return {
    ...entry,
    get value() {
      return (value ??= typed(parse(json, Infinity).value!, SHAPES[entry.role]) as JsonObject);
    },
  };
}

/** Answers the requests that come through a port. */
export function answerTo(port: Port): void {
  const waiting = new Map<number, { entries: Entry[]; inputs: Entry[]; abort: AbortController }>();
  port.addEventListener("message", (event) => {
    const request = (event as MessageEvent<Request>).data;
    const { check } = request;
    let own = waiting.get(check);
    if (!own) waiting.set(check, (own = { entries: [], inputs: [], abort: new AbortController() }));
    if ("entries" in request) own.entries.push(...request.entries);
    else if ("inputs" in request) own.inputs.push(...request.inputs);
    else if ("abort" in request) {
      own.abort.abort();
      waiting.delete(check);
    } else {
      const { entries, inputs, abort } = own;
      const say = (answer: object) => port.postMessage({ check, ...answer }, []);
      const onProgress = (progress: Progress) => say({ progress });
      void answered(batches(entries, { ...request.start, inputs, signal: abort.signal, onProgress }), say)
        .catch((error: unknown) => say({ error, isUnreadable: error instanceof UnreadableError }))
        .catch((error: unknown) => say({ error: new Error(String(error)) })) // what cannot be copied
        .finally(() => waiting.delete(check));
    }
  });
  port.start?.();
}

async function answered(found: AsyncIterable<Batch>, say: (answer: object) => void): Promise<void> {
  for await (const batch of found) say({ batch: packed(batch) });
  say({ end: true });
}
