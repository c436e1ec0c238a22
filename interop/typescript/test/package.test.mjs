// The package as it is published.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CheckWorker, parseReceipt, SEVERITIES, VERSION } from "psion-contract";
import { canonical } from "./fixtures.mjs";

const folder = fileURLToPath(new URL("../", import.meta.url));
const root = new URL("../../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url)));
const require = createRequire(import.meta.url);

function run(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

/** Packs the package as it is; the scripts would build it again. */
function pack(...words) {
  const all = ["pack", "--json", "--ignore-scripts", ...words];
  return JSON.parse(spawnSync("npm", all, { cwd: folder, encoding: "utf8" }).stdout);
}

const installed = (path) => `node_modules/${path}`;

test("publint has nothing to say", () => {
  assert.match(run(installed("publint/src/cli.js"), "--strict", "--pack", "false"), /All good/);
});

test("the types are right for every way to import the package that it supports", () => {
  const target = mkdtempSync(`${tmpdir()}/psion-contract-`);
  try {
    pack("--pack-destination", target);
    const [file] = readdirSync(target);
    // It is a package of modules, so the one exception is CommonJS before Node 20.19, which the profile leaves out.
    const words = ["--profile", "esm-only", `${target}/${file}`];
    assert.match(run(installed("@arethetypeswrong/cli/dist/index.js"), ...words), /psion-contract v/);
  } finally {
    rmSync(target, { recursive: true });
  }
});

test("the lowest version of TypeScript that the README names accepts the types", () => {
  const { version } = require("typescript-lowest/package.json");
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const lowest = version.split(".").slice(0, 2).join(".");
  assert.ok(readme.replaceAll(/\s+/g, " ").includes(`TypeScript ${lowest} or later`));
  run(installed("typescript-lowest/bin/tsc"), "-p", "test/tsconfig.lowest.json");
});

test("what is published has everything that it needs, and nothing else", () => {
  const [{ files }] = pack("--dry-run");
  const names = files.map(({ path }) => path);
  for (const needed of [
    "LICENSE",
    "README.md",
    "dist/index.js",
    "dist/index.d.ts",
    "dist/index.js.map",
    "src/index.ts",
    "dist/schemas/rules.v1.json",
  ]) {
    assert.ok(names.includes(needed), needed);
  }
  assert.deepEqual(names.filter((name) => !/^(dist|src)\//.test(name)).sort(), [
    "LICENSE",
    "README.md",
    "package.json",
  ]);
  assert.deepEqual([manifest.private, manifest.dependencies], [undefined, undefined]);
  assert.equal(
    readFileSync(new URL("../LICENSE", import.meta.url), "utf8"),
    readFileSync(new URL("LICENSE", root), "utf8"),
  );
});

test("the links of the README hold outside the repository", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const [, target] of readme.matchAll(/\]\(([^)]+)\)/g)) assert.match(target, /^https:|^#/);
});

test("version, severities, schemas and catalogue are exports", () => {
  assert.equal(VERSION, manifest.version);
  const rules = require("psion-contract/schemas/rules.v1.json");
  assert.deepEqual(SEVERITIES, Object.fromEntries(rules.rules.map(({ name, severity }) => [name, severity])));
  const schema = require("psion-contract/schemas/psion.sampling_policy.v1.schema.json");
  assert.equal(schema.properties.schema_version.const, "psion.sampling_policy.v1");
  assert.ok(existsSync(fileURLToPath(import.meta.resolve("psion-contract/worker"))));
  assert.equal(typeof CheckWorker, "function");
});

test("a document of another kind is said to be one, first and only", () => {
  const { findings } = parseReceipt(canonical.psion_pretrain_stage_config);
  assert.deepEqual(
    findings.map(({ rule, keyword, pointer, message, line }) => [rule, keyword, pointer, message, line]),
    [
      [
        "schema-violation",
        "const",
        "/schema_version",
        "this is a pretrain-stage config, not a pretrain-stage receipt",
        2,
      ],
    ],
  );
  assert.deepEqual(
    parseReceipt('{"stages": [], "checkpoint_family": ""}').findings.map(({ keyword, message }) => [
      keyword,
      message,
    ]),
    [["required", "this is a training-stage program, not a pretrain-stage receipt"]],
  );
});
