// Documents in, a report out: reading, schemas, references, rules.

import { checkNames, checkType, described, isBytes, isPlain, tagOf } from "./arguments.js";
import { confusables } from "./confusables.js";
import type { Document } from "./document.js";
import { type DocumentEntry, type Finding, Report, type Skipped } from "./findings.js";
import { Identities } from "./identities.js";
import { Intake, type Source } from "./intake.js";
import type { Role } from "./kinds.js";
import { distinct, Listing } from "./listing.js";
import { type JsonText, type Limits, limitsOf } from "./reader.js";
import { Library } from "./references.js";
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
    const intake = new Intake(this.#limits, true, dirty);
    for (const source of sourcesOf("documents", documents)) intake.take(source);
    intake.finish();
    const library = libraryFor(this.#inputs, intake);
    const parts = [...judged(this.#inputs, intake, library)];
    locate(dirty);
    locate(this.#inputs.dirty);
    return reportOf(parts, this.#inputs, intake, library, this.#strict);
  }
}

/** Documents that others may refer to, with everything that depends only on them. */
export class Inputs {
  readonly library: Library;
  readonly identities: Identities;
  /** The findings on the texts, and on documents to which nothing can refer. */
  readonly findings: Finding[];
  /** The verdicts on documents. */
  readonly verdicts = new Map<Document, Listing>();

  private entries: readonly DocumentEntry[] | undefined;

  constructor(readonly intake: Intake) {
    this.library = new Library(intake.documents);
    this.identities = new Identities(intake.documents);
    this.findings = [...intake.loose];
    for (const document of intake.documents) {
      // Nothing can refer to it, although it may be what a reference means.
      if (REFERABLE.has(document.role) && !document.identity)
        this.findings.push(...(intake.findings.get(document) ?? []));
    }
  }

  /** Some of the documents, in order. */
  inOrder(some: ReadonlySet<Document>): Document[] {
    return this.intake.documents.filter((document) => some.has(document));
  }

  /** The entries of the documents in a report, with what they refer to in a library. */
  entriesIn(library: Library): readonly DocumentEntry[] {
    if (library === this.library && this.entries) return this.entries;
    const entries = this.intake.documents.map((each) => each.entry(library.around(each).references));
    if (library === this.library) this.entries = entries;
    return entries;
  }

  /** The texts with places that are not looked up yet. */
  get dirty(): Set<Text> {
    return this.intake.dirty;
  }
}

/** The roles of documents that others refer to. */
const REFERABLE: ReadonlySet<Role> = new Set(["config", "descriptor", "corpus", "policy"]);

/** What a check finds out about one document, or about no single one. */
export interface Part {
  /** The document; undefined for findings on texts, and on several documents together. */
  document?: DocumentEntry;
  findings: readonly Finding[];
  skipped: readonly Skipped[];
}

/**
 * Judges documents one by one, in the order of a report: findings on texts first, then the documents, then the inputs to
 * which they refer, and what concerns several documents together last. The places of findings are not looked up yet.
 */
export function* judged(inputs: Inputs, intake: Intake, library: Library): Generator<Part> {
  const isOwn = library !== inputs.library;
  const unusable = [...inputs.intake.unusable, ...intake.unusable];
  const listing = new Listing([...inputs.findings, ...intake.loose]);
  const isNew = distinct();
  yield listing.taken(isNew);
  const reached = new Set<Document>();
  for (const document of intake.documents) {
    const around = library.around(document);
    for (const role in around.found) {
      const found = around.found[role as Role]!;
      if (!found.judged) reached.add(found);
    }
    listing.judge(document, around, intake.findings.get(document) ?? [], unusable);
    const { findings, skipped } = listing.taken(isNew);
    yield { document: document.entry(around.references), findings, skipped };
  }
  // Verdicts on inputs are kept, unless the inputs may refer to what is judged.
  const verdicts = isOwn || intake.unusable.size ? new Map<Document, Listing>() : inputs.verdicts;
  for (const document of reached) {
    let verdict = verdicts.get(document);
    if (!verdict) {
      verdict = new Listing();
      verdict.judge(document, library.around(document), inputs.intake.findings.get(document) ?? [], unusable);
      verdicts.set(document, verdict);
    }
    listing.include(verdict, document);
  }
  listing.add(inputs.identities.conflicts);
  listing.add(inputs.identities.conflictsWith(intake.documents));
  listing.add(confusables([...intake.documents, ...inputs.inOrder(reached)]));
  listing.finish();
  yield listing.taken(isNew);
}

/** What documents may refer to: the inputs, and each other. */
export function libraryFor(inputs: Inputs, intake: Intake): Library {
  const isReferable = intake.documents.some(({ role }) => REFERABLE.has(role));
  return isReferable ? inputs.library.extended(intake.documents) : inputs.library;
}

/** The report of all parts. */
export function reportOf(
  parts: readonly Part[],
  inputs: Inputs,
  intake: Intake,
  library: Library,
  strict: boolean,
): Report {
  const leftAlone = [...intake.leftAlone, ...inputs.intake.leftAlone];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  const documents: DocumentEntry[] = [];
  for (const part of parts) {
    if (part.document) documents.push(part.document);
    for (const each of part.findings) findings.push(each);
    for (const each of part.skipped) skipped.push(each);
  }
  for (const each of inputs.entriesIn(library)) documents.push(each);
  return new Report(findings, skipped, documents, leftAlone, strict);
}

/** The texts of an argument, with their names. */
function sourcesOf(argument: string, texts: Texts): Source[] {
  return Array.from(pairsOf(argument, texts), (pair) => {
    if (isSource(pair)) return pair;
    if (!Array.isArray(pair)) {
      throw new TypeError(`expected pairs of a name and a text in ${argument}, not ${tagOf(pair)}`);
    }
    const [name, text] = pair as [unknown, unknown];
    if (typeof name !== "string") {
      throw new TypeError(`expected a string as the name of a text in ${argument}, not ${described(name)}`);
    }
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
