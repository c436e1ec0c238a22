import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import vm from "node:vm";
import { build } from "esbuild";
import { canonical } from "./fixtures.mjs";

const entry = fileURLToPath(new URL("../dist/index.js", import.meta.url));

/** The package as one script for browsers. Importing a module of Node would fail. */
async function bundle(options) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "contract",
    write: false,
    logLevel: "silent",
    ...options,
  });
  return outputFiles[0].text;
}

test("the package runs without Node and without eval", async () => {
  // What the package uses of a browser beside the language itself.
  const globals = { TextEncoder, TextDecoder };
  const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: false } });
  vm.runInContext(`${await bundle()}; globalThis.contract = contract;`, context);
  assert.equal(
    vm.runInContext("typeof process + typeof Buffer + typeof require", context),
    "undefined".repeat(3),
  );
  const texts = Object.fromEntries(Object.entries(canonical).map(([name, text]) => [name, text.toString()]));
  assert.equal(globals.contract.checkDocuments(texts, { strict: true }).verdict, "consistent");
  assert.equal(globals.contract.checkDocuments(canonical, { strict: true }).verdict, "consistent");
});

/** What a page has to load that uses only some of the package, minified, in bytes. */
const SIZES = {
  Checker: 360_000,
  checkAll: 360_000,
  parseReceipt: 115_000,
  parsePolicy: 65_000,
  digests: 30_000,
};

test("a bundle has only what is used, and the validators only of the kinds used", async () => {
  for (const [name, most] of Object.entries(SIZES)) {
    const contents = `import { ${name} } from ${JSON.stringify(entry)}; console.log(${name});`;
    const options = { stdin: { contents, resolveDir: "/" }, entryPoints: undefined, minify: true };
    const size = (await bundle(options)).length;
    assert.ok(size < most, `${name}: ${size} bytes`);
  }
});
