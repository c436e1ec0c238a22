// Checks of many documents, in slices of time: a page that runs one stays responsive.

import { checkNames, checkType } from "./arguments.js";
import { type Entry, sourcesOf } from "./entries.js";
import { type DocumentEntry, type Finding, type LeftAlone, Report, type Skipped } from "./findings.js";
import { Intake } from "./intake.js";
import { Inputs, judged, libraryFor, type Part } from "./judging.js";
import { type Limits, limitsOf } from "./reader.js";
import { Slice } from "./slice.js";
import { locate, type Text } from "./text.js";

/** How far a check is. */
export interface Progress {
  /** How many texts were read. */
  read: number;
  /** How many documents were judged; 0 as long as texts are read. */
  judged: number;
  /** How many documents were found among the texts read. */
  documents: number;
}

/** Options of a check of many documents. */
export interface CheckAllOptions {
  /** Files that others may refer to; see `Checker`. */
  inputs?: Iterable<Entry>;
  /** Whether warnings decide the verdict too. */
  strict?: boolean;
  /** The limits of the reader, per document. */
  limits?: Partial<Limits>;
  /** Patterns of names, or of paths below a folder, that are not read; see `readEntries`. */
  excludes?: readonly string[];
  /** Stops the check, which then throws the reason of the signal. */
  signal?: AbortSignal;
  /** Is called again and again, at most once in each slice of time. */
  onProgress?: (progress: Progress) => void;
}

/** What a check finds out about one document. */
export interface Judgement {
  document: DocumentEntry;
  findings: readonly Finding[];
  skipped: readonly Skipped[];
}

/**
 * Checks files and folders against each other and against the inputs, as `psion-contract check` does: reads all of them,
 * then judges the documents one by one.
 *
 * @throws TypeError if an option is unknown or has the wrong type.
 */
export function checkAll(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: CheckAllOptions = {},
): CheckRun {
  checkOptions(options);
  return new CheckRun(batches(entries, options), options);
}

/** @throws TypeError if an option is unknown or has the wrong type. */
export function checkOptions(options: CheckAllOptions): void {
  checkNames("option", options, ["inputs", "strict", "limits", "excludes", "signal", "onProgress"]);
  checkType("strict", options.strict, "boolean");
  limitsOf(options.limits);
}

/** Some of the results of a check, in the order of the report. */
export interface Batch {
  parts?: readonly Part[];
  /** The documents of the inputs. */
  inputs?: readonly DocumentEntry[];
  leftAlone?: readonly LeftAlone[];
}

/**
 * A check that runs while its results are asked for. `for await` yields what it finds out about each document as soon as
 * it is known; leaving the loop stops the check. `report` returns the report on all of them.
 */
export class CheckRun implements AsyncIterable<Judgement> {
  readonly #batches: AsyncGenerator<Batch>;
  readonly #judgements: AsyncGenerator<Judgement>;
  readonly #strict: boolean;
  readonly #findings: Finding[] = [];
  readonly #skipped: Skipped[] = [];
  readonly #documents: DocumentEntry[] = [];
  readonly #leftAlone: LeftAlone[] = [];
  #isComplete = false;

  constructor(batches: AsyncGenerator<Batch>, { strict = false }: CheckAllOptions) {
    this.#batches = batches;
    this.#strict = strict;
    this.#judgements = this.#judged();
  }

  [Symbol.asyncIterator](): AsyncIterator<Judgement> {
    return this.#judgements;
  }

  /**
   * The report, when the check is complete.
   *
   * @throws Error if the loop over the results was left.
   */
  async report(): Promise<Report> {
    for await (const _ of this.#judgements); // the results that nothing else asked for
    if (!this.#isComplete) throw new Error("the check was stopped before its end, so there is no report");
    return new Report(this.#findings, this.#skipped, this.#documents, this.#leftAlone, this.#strict);
  }

  async *#judged(): AsyncGenerator<Judgement> {
    const slice = new Slice();
    for await (const { parts = [], inputs = [], leftAlone = [] } of this.#batches) {
      slice.start();
      for (const { document, findings, skipped } of parts) {
        for (const each of findings) this.#findings.push(each);
        for (const each of skipped) this.#skipped.push(each);
        if (!document) continue;
        this.#documents.push(document);
        yield { document, findings, skipped };
        if (slice.isOver()) await slice.next();
      }
      for (const each of inputs) this.#documents.push(each);
      for (const each of leftAlone) this.#leftAlone.push(each);
    }
    this.#isComplete = true;
  }
}

/** What a generator yields, until the signal is given, even while it waits for a stream that stalls. */
async function* unless<T>(signal: AbortSignal | undefined, from: AsyncGenerator<T>): AsyncGenerator<T> {
  if (!signal) return yield* from;
  let refuse = () => {};
  const stop = () => refuse();
  signal.addEventListener("abort", stop);
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        refuse = () => reject(signal.reason as Error);
        if (signal.aborted) refuse();
        else from.next().then(resolve, reject);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    void from.return(undefined).catch(() => undefined); // not awaited: something else may stall
  }
}

/** How many results without a document are in one batch at most. */
const MANY = 1000;

/** The results of a check in batches, each of about one slice of time. */
export async function* batches(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: CheckAllOptions,
  keep?: Inputs,
): AsyncGenerator<Batch> {
  const { signal, onProgress, excludes = [] } = options;
  const limits = limitsOf(options.limits);
  const progress: Progress = { read: 0, judged: 0, documents: 0 };
  const slice = new Slice();
  const pause = async () => {
    onProgress?.({ ...progress });
    await slice.next();
    signal?.throwIfAborted();
  };
  const taken = async (from: Iterable<Entry> | AsyncIterable<Entry>, known?: Inputs) => {
    const isJudged = known !== undefined;
    const intake = new Intake(limits, isJudged, new Set<Text>(), known?.intake);
    for await (const source of unless(signal, sourcesOf(from, { limits, excludes }, signal))) {
      intake.take(source);
      progress.read++;
      if (isJudged) progress.documents = intake.documents.length;
      if (slice.isOver()) await pause();
    }
    intake.finish();
    return intake;
  };
  signal?.throwIfAborted();
  const inputs = keep ?? new Inputs(await taken(options.inputs ?? []));
  const intake = await taken(entries, inputs);
  await pause();
  const library = libraryFor(inputs, intake);
  let parts: Part[] = [];
  for (const part of judged(inputs, intake, library)) {
    parts.push(part);
    if (part.document) progress.judged++;
    if (!slice.isOver()) continue;
    for (const { dirty } of [intake, inputs]) locate(dirty);
    yield { parts };
    parts = [];
    await pause();
  }
  for (const { dirty } of [intake, inputs]) locate(dirty);
  yield { parts };
  const documents = inputs.entriesIn(library);
  const leftAlone = [...intake.leftAlone, ...inputs.intake.leftAlone];
  for (let start = 0; start < Math.max(documents.length, leftAlone.length); start += MANY) {
    const end = start + MANY;
    yield { inputs: documents.slice(start, end), leftAlone: leftAlone.slice(start, end) };
  }
  onProgress?.({ ...progress });
}
