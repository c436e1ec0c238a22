// The public API of the package.

export { type Content, UnreadableError } from "./contents.js";
export { type Entry, type EntryOptions, droppedEntries, readEntries, selectedEntries } from "./entries.js";
export {
  Checker,
  checkDocuments,
  type CheckerOptions,
  type FurtherOptions,
  type Options,
  type Texts,
} from "./checker.js";
export * as digests from "./digests.js";
export type {
  DocumentEntry,
  Finding,
  LeftAlone,
  LeftAloneReason,
  Place,
  Related,
  ResolvedReference,
  Report,
  Skipped,
  Verdict,
} from "./findings.js";
export { type RuleName, SEVERITIES, type Severity } from "./generated/catalog.js";
export type * from "./generated/types.js";
export { VERSION } from "./generated/version.js";
export type { Source } from "./intake.js";
export type { Json, JsonObject } from "./json.js";
export { type Documents, KINDS, type Role } from "./kinds.js";
export { parseDocument } from "./parse.js";
export { parseConfig } from "./parse/config.js";
export { parseCorpus } from "./parse/corpus.js";
export { parseDescriptor } from "./parse/descriptor.js";
export { parsePolicy } from "./parse/policy.js";
export { parseProgram } from "./parse/program.js";
export { parseReceipt } from "./parse/receipt.js";
export type { Parsed, ParseOptions } from "./parsing.js";
export { DEFAULT_LIMITS, type JsonText, type Limits } from "./reader.js";
export type { Located, Snippet } from "./text.js";
export { CheckWorker, type Port } from "./protocol.js";
export { checkAll, type CheckAllOptions, CheckRun, type Judgement, type Progress } from "./run.js";
export {
  type CheckpointSummary,
  type FamilyRow,
  type Integer,
  type LineageSummary,
  type ObjectiveSummary,
  type ProgramSummary,
  type ReceiptSummary,
  type ReplaySummary,
  type SplitSummary,
  type StageSummary,
  type Summaries,
  summarise,
  type SummaryPlace,
} from "./summary.js";
