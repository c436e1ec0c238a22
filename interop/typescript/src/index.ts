// The contract of a Psion pretrain stage, for the web.

export { checkDocuments, type Options, type Texts } from "./checker.js";
export * as digests from "./digests.js";
export type { DocumentEntry, Finding, Place, Report, Severity, Skipped, Verdict } from "./findings.js";
export type * from "./generated/types.js";
export type { Json, JsonObject } from "./json.js";
export { type Documents, KINDS, type Role } from "./kinds.js";
export { type Parsed, type ParseOptions, parseDocument, parseReceipt } from "./parse.js";
export { DEFAULT_LIMITS, type JsonText, type Limits } from "./reader.js";
