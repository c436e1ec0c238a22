// The canonical documents, as texts by name.

import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../../fixtures/psion/", import.meta.url);

/** Each canonical document: its file name without `_v1.json`, and its bytes. */
export const canonical = Object.fromEntries(
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".json"))
    .map((entry) => [
      entry.name.replace("_v1.json", ""),
      readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`),
    ])
    .sort(([one], [other]) => (one < other ? -1 : 1)),
);

/** The text of a canonical document, edited as a value. */
export function edited(name, edit) {
  const value = JSON.parse(canonical[name].toString());
  edit(value);
  return JSON.stringify(value);
}

/** The findings of a report, as the conformance runner compares them. */
export function places(report) {
  return report.findings.map(({ rule, document, pointer }) => `${rule} ${document}#${pointer}`).sort();
}
