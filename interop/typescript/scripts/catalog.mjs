// The rules and checks of the contract, as data for the checker.

import { readFileSync } from "node:fs";

const catalog = JSON.parse(readFileSync(new URL("../../../schemas/rules.v1.json", import.meta.url), "utf8"));

const HEAD = `// Generated from schemas/rules.v1.json by \`npm run generate\`; do not edit.

import type { Role } from "../kinds.js";

/** An error decides the verdict; a warning does so only in strict mode. */
export type Severity = "error" | "warning";
`;

/** The text of `src/generated/catalog.ts`. */
export function catalogModule() {
  const severities = catalog.rules.map(({ name, severity }) => entry(name, severity));
  const checks = catalog.checks.map(({ id, rules, judges, reads }) => entry(id, { rules, judges, reads }));
  return `${HEAD}
/** The severity of each rule. */
export const SEVERITIES = {
${severities.join("")}} as const satisfies Record<string, Severity>;

/** The name of a rule. Names are never changed or reused. */
export type RuleName = keyof typeof SEVERITIES;

/** What the catalogue says about a check. */
export interface CheckEntry {
  /** The rules that it can find broken. */
  rules: readonly [RuleName, ...RuleName[]];
  /** The role of the document that it judges. */
  judges: Role;
  /** The pointers that it reads, by role; an empty pointer is the whole document. */
  reads: Readonly<Partial<Record<Role, readonly string[]>>>;
}

/** Every check by its id, in the order in which checks are applied. */
export const CHECK_ENTRIES = {
${checks.join("")}} as const satisfies Record<string, CheckEntry>;

/** The id of a check. */
export type CheckId = keyof typeof CHECK_ENTRIES;
`;
}

function entry(key, value) {
  return `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`;
}
