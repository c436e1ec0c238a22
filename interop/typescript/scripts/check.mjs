// Checks files and folders as `psion-contract check --format json` does, to compare both.
//
// With --summary, prints what the documents say instead.
//
//     node scripts/check.mjs [--summary] [--strict] [--inputs PATH]... [--exclude PATTERN]... [--max-bytes N]
//         [--max-lines N] PATH...

import { readdirSync, readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { Checker, readEntries, summarise } from "../dist/index.js";

/** The entries of a path; names are as the command writes them. */
function* entriesOf(path) {
  if (statSync(path).isDirectory()) yield* entriesBelow(path, path);
  else yield { name: path, content: readFileSync(path) };
}

function* entriesBelow(path, folder) {
  for (const each of readdirSync(path, { withFileTypes: true })) {
    const name = path.endsWith("/") ? path + each.name : `${path}/${each.name}`;
    const target = statSync(name, { throwIfNoEntry: false });
    if (!target) yield { name, content: "", folder, ignored: "dangling-link" };
    else if (target.isDirectory()) {
      if (each.isSymbolicLink()) yield { name, content: "", folder, ignored: "linked-directory" };
      else yield* entriesBelow(name, folder);
    } else if (target.isFile()) yield { name, content: readFileSync(name), folder };
    else yield { name, content: "", folder, ignored: "special-file" };
  }
}

async function sourcesOf(paths, options) {
  const sources = [];
  const entries = paths.flatMap((path) => [...entriesOf(path)]);
  for await (const source of readEntries(entries, options)) sources.push(source);
  return sources;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    summary: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    inputs: { type: "string", multiple: true, default: [] },
    exclude: { type: "string", multiple: true, default: [] },
    "max-bytes": { type: "string" },
    "max-lines": { type: "string" },
  },
});
const limits = {};
if (values["max-bytes"] !== undefined) limits.maxBytes = Number(values["max-bytes"]);
if (values["max-lines"] !== undefined) limits.maxLines = Number(values["max-lines"]);
const options = { excludes: values.exclude, limits };
const inputs = await sourcesOf(values.inputs, options);
const report = new Checker(inputs, { strict: values.strict, limits }).check(
  await sourcesOf(positionals, options),
);
const shown = values.summary ? summarise(report) : report;
console.log(JSON.stringify(shown, (_, value) => (typeof value === "bigint" ? `${value}` : value)));
process.exitCode = report.verdict === "consistent" ? 0 : 1;
