// Documents in, a report out: reading, schemas, references, rules.

import { checkNames, checkType, described, isBytes, isPlain, tagOf } from "./arguments.js";
import type { Report } from "./findings.js";
import { Inputs, judged, libraryFor, reportOf } from "./judging.js";
import type { Entry } from "./entries.js";
import { Intake, type Source } from "./intake.js";
import { type JsonText, type Limits, limitsOf } from "./reader.js";
import { batches, type CheckAllOptions, CheckRun } from "./run.js";
import { locate, type Text } from "./text.js";

/** Texts by their names: a plain object, a Map, or any other iterable of pairs or sources. */
export type Texts =
  Readonly<Record<string, JsonText>> | Iterable<readonly [name: string, text: JsonText] | Source>;

/** Options of a checker. */
export interface CheckerOptions {
  /** Whether warnings decide the verdict too. */
  strict?: boolean;
  /** The limits of the reader, per document. */
  limits?: Partial<Limits>;
}

/** Options of a check. */
export interface Options extends CheckerOptions {
  /** Documents that others may refer to. They are judged only where a judged document refers to them. */
  inputs?: Texts;
}

/**
 * Checks documents against each other, against the inputs, and against the digests they carry. To check many against
 * the same inputs, use a `Checker`.
 *
 * Nothing in the documents throws: what is wrong with them is a finding. Each of the documents must be a contract
 * document; one that is not is a finding, too.
 *
 * @throws TypeError if an argument has the wrong type, or an option is unknown.
 */
export function checkDocuments(documents: Texts, options: Options = {}): Report {
  checkNames("option", options, ["inputs", "strict", "limits"]);
  const { inputs = {}, ...others } = options;
  const sources = sourcesOf("documents", documents);
  return new Checker(inputs, others).check(sources);
}

/**
 * Checks documents against each other and against inputs, which it keeps: whatever depends only on the inputs, such as
 * their verdicts and digests, is computed once.
 */
export class Checker {
  readonly #inputs: Inputs;
  readonly #limits: Limits;
  readonly #strict: boolean;

  /**
   * @param inputs - documents that others may refer to. They are judged only where a judged document refers to them.
   * @throws TypeError if an argument has the wrong type, or an option is unknown.
   */
  constructor(inputs: Texts = {}, options: CheckerOptions = {}) {
    checkNames("option", options, ["strict", "limits"]);
    checkType("strict", options.strict, "boolean");
    this.#strict = options.strict ?? false;
    this.#limits = limitsOf(options.limits);
    const dirty = new Set<Text>();
    const intake = new Intake(this.#limits, false, dirty);
    for (const source of sourcesOf("inputs", inputs)) intake.take(source);
    intake.finish();
    this.#inputs = new Inputs(intake);
  }

  /**
   * Checks documents, which may refer to each other and to the inputs. See `checkDocuments`.
   *
   * @throws TypeError if `documents` is not texts by name.
   */
  check(documents: Texts): Report {
    const dirty = new Set<Text>();
    const intake = new Intake(this.#limits, true, dirty, this.#inputs.intake);
    for (const source of sourcesOf("documents", documents)) intake.take(source);
    intake.finish();
    const library = libraryFor(this.#inputs, intake);
    const parts = [...judged(this.#inputs, intake, library)];
    locate(dirty);
    locate(this.#inputs.dirty);
    return reportOf(parts, this.#inputs, intake, library, this.#strict);
  }

  /** As the function `checkAll`, with the inputs of the checker. */
  checkAll(entries: Iterable<Entry> | AsyncIterable<Entry>, options: FurtherOptions = {}): CheckRun {
    checkNames("option", options, ["excludes", "signal", "onProgress"]);
    const all = { ...options, strict: this.#strict, limits: this.#limits };
    return new CheckRun(batches(entries, all, this.#inputs), all);
  }
}

/** Options of a check of many documents with the inputs of a checker. */
export type FurtherOptions = Pick<CheckAllOptions, "excludes" | "signal" | "onProgress">;

/** The texts of an argument, with their names. */
function sourcesOf(argument: string, texts: Texts): Source[] {
  const names = new Set<string>();
  return [...pairsOf(argument, texts)].map((pair) => {
    if (isSource(pair)) return pair; // of which the same file may be named twice
    if (!Array.isArray(pair)) {
      throw new TypeError(`expected pairs of a name and a text in ${argument}, not ${tagOf(pair)}`);
    }
    const [name, text] = pair as [unknown, unknown];
    if (typeof name !== "string") {
      throw new TypeError(`expected a string as the name of a text in ${argument}, not ${described(name)}`);
    }
    if (names.has(name)) throw new TypeError(`the name ${JSON.stringify(name)} occurs twice in ${argument}`);
    names.add(name);
    if (typeof text !== "string" && !isBytes(text)) {
      const named = `${argument}[${JSON.stringify(name)}]`;
      const hint = tagOf(text) === "Promise" ? "; await it first" : "";
      throw new TypeError(
        `expected bytes (Uint8Array or ArrayBuffer) or a string as ${named}, not ${described(text)}${hint}`,
      );
    }
    return { name, text };
  });
}

/** Whether this is a source, as `readEntries` makes them. */
function isSource(value: unknown): value is Source {
  const { name, text } = (value ?? {}) as Partial<Source>;
  return typeof name === "string" && (typeof text === "string" || isBytes(text));
}

function pairsOf(argument: string, texts: unknown): Iterable<unknown> {
  if (typeof texts === "object" && texts !== null) {
    if (Symbol.iterator in texts) return texts as Iterable<unknown>;
    if (isPlain(texts)) return Object.entries(texts);
  }
  throw new TypeError(
    `expected texts by name (a plain object, a Map or pairs) as ${argument}, not ${described(texts)}`,
  );
}
