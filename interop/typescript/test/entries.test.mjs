// Files, folders and JSON Lines. That they are read as the command reads them, tests/interop compares on fixtures/field.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Checker, readEntries, selectedEntries } from "../dist/index.js";
import { canonical } from "./fixtures.mjs";

async function read(entries, options) {
  const sources = [];
  for await (const source of readEntries(entries, options)) sources.push(source);
  return sources;
}

const inFolder = (...names) => names.map((name) => ({ name, content: "{}", folder: "tree" }));

const SINGLE_BYTES = {
  transform(piece, controller) {
    for (const byte of piece) controller.enqueue(Uint8Array.of(byte));
  },
};

test("a folder is read in the order of its paths, and what is not read is listed", async () => {
  const names = ["tree/b/x.json", "tree/a.json", "tree/.git/config.json", "tree/B.JSON", "tree/notes.md"];
  const sources = await read(
    [...inFolder(...names, "tree/old.json.bak", "tree/b/skip/y.json"), { name: "z", content: "[]" }],
    {
      excludes: ["b/sk?p/"],
    },
  );
  assert.deepEqual(
    sources.map(({ name, named, ignored }) => [name, named, ignored]),
    [
      ["tree/.git", false, "excluded"],
      ["tree/B.JSON", false, undefined],
      ["tree/a.json", false, undefined],
      ["tree/old.json.bak", false, "other-ending"],
      ["tree/b/skip", false, "excluded"],
      ["tree/b/x.json", false, undefined],
      ["z", true, undefined],
    ],
  );
});

test("no entry of a folder is lost: each is in the folder, and has a name of its own", async () => {
  await assert.rejects(read([{ name: "x.json", content: "{}", folder: "runs" }]), {
    name: "TypeError",
    message: 'the entry "x.json" is not below its folder "runs"',
  });
  await assert.rejects(read(inFolder("tree/a.json", "tree/a.json")), {
    name: "TypeError",
    message: 'two entries have the name "tree/a.json"',
  });
  const names = ["tree/a.json", "tree/a.json/b.json", "tree//c.json", "tree/c.json"];
  assert.deepEqual(
    (await read(inFolder(...names))).map(({ name }) => name),
    ["tree/a.json", "tree/c.json", "tree//c.json", "tree/a.json/b.json"],
  );
  assert.deepEqual((await read([{ name: "a.json", content: "{}", folder: "" }])).length, 1);
});

test("patterns mean what they mean to a shell", async () => {
  const names = ["old-runs", "b", "-", "]", "!", "[!]", "a.b", "d", "^"];
  const excluded = async (pattern) =>
    (await read(inFolder(...names.map((name) => `tree/${name}/x.json`)), { excludes: [pattern] }))
      .filter(({ ignored }) => ignored === "excluded")
      .map(({ name }) => name.slice("tree/".length));
  for (const [pattern, matches] of [
    ["old-runs", ["old-runs"]],
    ["[a-c]", ["b"]],
    ["[c-a]", []],
    ["[!c-a]", ["!", "-", "]", "^", "b", "d"]],
    ["[!]", ["[!]"]],
    ["[]-]", ["-", "]"]],
    ["[!]-]", ["!", "^", "b", "d"]],
    ["[^b]", ["^", "b"]],
    ["[\\d]", ["d"]],
    ["a.b", ["a.b"]],
    ["?.?", ["a.b"]],
  ]) {
    assert.deepEqual(await excluded(pattern), matches, pattern);
  }
});

test("a file under another ending is listed if it claims the contract", async () => {
  const content = "schema_version: psion.sampling_policy.v1\n";
  const files = ["a.v1", "a.yaml", "a.geojson", "a.md", "receipt"].map((name) => [name, content]);
  const inPieces = (text) => new Blob([text]).stream().pipeThrough(new TransformStream(SINGLE_BYTES));
  for (const form of [(text) => text, inPieces]) {
    const entries = [...files, ["b.yaml", "a: b\n"]].map(([name, content]) => ({
      name: `tree/${name}`,
      content: form(content),
      folder: "tree",
    }));
    const sources = await read(entries);
    assert.deepEqual(
      sources.map(({ name, ignored }) => [name, ignored]),
      ["a.geojson", "a.v1", "a.yaml", "receipt"].map((name) => [`tree/${name}`, "other-ending"]),
    );
  }
});

test("each line of JSON Lines is a source with its line, also where a piece ends", async () => {
  const long = JSON.stringify("x".repeat(700_000));
  const text = `${long}\r\n\n${long}\n${long}`;
  for (const content of [text, new Blob([text]), new TextEncoder().encode(text)]) {
    const sources = await read([{ name: "a.jsonl", content }]);
    assert.deepEqual(
      sources.map(({ name, firstLine, group, text }) => [name, firstLine, group, text.length]),
      [1, 3, 4].map((line) => [`a.jsonl:${line}`, line, "a.jsonl", long.length]),
    );
  }
});

test("findings on JSON Lines have the line of the file", async () => {
  const receipt = JSON.stringify(JSON.parse(canonical.psion_pretrain_stage_receipt));
  const content = new Blob([`\n{"other": 1}\n${receipt.replace('"run_id":"', '"run_id":5,"x":"')}\n`]);
  const { findings, leftAlone } = new Checker().check(await read([{ name: "log.jsonl", content }]));
  const [first] = findings.filter(({ pointer }) => pointer === "/run_id");
  assert.deepEqual([first.document, first.line, first.keyword], ["log.jsonl:3", 3, "type"]);
  assert.equal(first.snippet.text.slice(first.column - first.snippet.column)[0], "5");
  assert.deepEqual(leftAlone, [{ name: "log.jsonl:2", reason: "other-kind", kind: null, judged: true }]);
});

test("limits: long texts, long lines, many lines", async () => {
  const claim = '{"schema_version": "psion.sampling_policy.v1"}';
  const content = new Blob([" ".repeat(5000), claim]);
  const rules = async (entry, limits) => {
    const { findings, leftAlone } = new Checker({}, { limits }).check(await read([entry], { limits }));
    return [
      ...findings.map(({ rule, document }) => `${rule} ${document}`),
      ...leftAlone.map(({ reason }) => reason),
    ];
  };
  const limits = { maxBytes: 100 };
  assert.deepEqual(await rules({ name: "t/a.json", content, folder: "t" }, limits), [
    "limit-exceeded t/a.json",
  ]);
  const other = new Blob([" ".repeat(5000), "{}"]);
  assert.deepEqual(await rules({ name: "t/a.json", content: other, folder: "t" }, limits), [
    "limit-exceeded",
  ]);
  assert.deepEqual(await rules({ name: "t/a.jsonl", content, folder: "t" }, limits), [
    "limit-exceeded t/a.jsonl:1",
  ]);
  const many = new Blob(["{}\n".repeat(3), claim]);
  assert.deepEqual(await rules({ name: "t/a.jsonl", content: many, folder: "t" }, { maxLines: 2 }), [
    "limit-exceeded t/a.jsonl",
    "other-kind",
    "other-kind",
  ]);
});

test("a named file without a document is a finding, also of JSON Lines", async () => {
  const check = async (entry) => new Checker().check(await read([entry])).findings.map(({ rule }) => rule);
  assert.deepEqual(await check({ name: "a.jsonl", content: "" }), ["unknown-kind"]);
  assert.deepEqual(await check({ name: "a.jsonl", content: "{}\n[]" }), ["unknown-kind"]);
  assert.deepEqual(await check({ name: "a.jsonl", content: "{\n}" }), ["invalid-json"]);
  assert.deepEqual(await check({ name: "f/a.jsonl", content: "{}", folder: "f" }), []);
});

test("selected files are in their folder", () => {
  const file = (name, webkitRelativePath) => Object.assign(new File(["{}"], name), { webkitRelativePath });
  const entries = selectedEntries([file("a.json", ""), file("b.json", "runs/x/b.json")]);
  assert.deepEqual(
    entries.map(({ name, folder }) => [name, folder]),
    [
      ["a.json", undefined],
      ["runs/x/b.json", "runs"],
    ],
  );
});

test("wrong options and contents throw", async () => {
  await assert.rejects(read([], { exclude: [] }), {
    message: 'unknown option "exclude"; did you mean excludes?',
  });
  await assert.rejects(read([{ name: "a.json", content: {} }]), TypeError);
});
