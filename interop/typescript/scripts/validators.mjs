// The validators that ajv generates from the schemas, as one module that runs without ajv and without eval.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { explainable } from "./explainable.mjs";
import { definitions, roles, schemas, typeName } from "./schemas.mjs";

const require = createRequire(import.meta.url);
const { Ajv2020 } = require("ajv/dist/2020");
const { _ } = require("ajv");
const standalone = require("ajv/dist/standalone").default;

/** Writes the module of all validators to `outfile`. */
export async function writeValidators(outfile) {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    // Conditions name members without their types, which the object itself has.
    strictTypes: false,
    strictRequired: false,
    inlineRefs: false,
    messages: false,
    code: { source: true, lines: true },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword(UNIQUE_ITEMS);
  // One schema of all definitions, so that those of several documents are in the module once.
  ajv.addSchema({ $id: "contract", $defs: explainable(bare(definitions(Object.keys(roles)))) });
  const exported = Object.entries(roles).map(([name, role]) => [
    role,
    `contract#/$defs/${typeName(schemas.get(name))}`,
  ]);
  const contents = withoutConcat(standalone(ajv, Object.fromEntries(exported)));
  await build({
    stdin: { contents, resolveDir: fileURLToPath(import.meta.url + "/..") },
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "inline",
    outfile,
  });
}

/** Replaces code of ajv that copies all errors so far whenever a referenced schema finds one. */
function withoutConcat(code) {
  const mended = code.replaceAll(
    /vErrors\.concat\((validate\d+\.errors)\)/g,
    "runtime.appended(vErrors, $1)",
  );
  if (/\.concat\(/.test(mended)) throw new Error("ajv generates different code; adapt withoutConcat");
  return `const runtime = require("./runtime.cjs");\n${mended}`;
}

/** ajv compares every item with every other one, which takes hours for the longest possible list. */
const UNIQUE_ITEMS = {
  keyword: "uniqueItems",
  type: "array",
  schemaType: "boolean",
  code(context) {
    const distinct = context.gen.scopeValue("func", {
      ref: () => true,
      code: _`require("./runtime.cjs").distinct`,
    });
    context.fail(_`!${distinct}(${context.data})`);
  },
};

/** A schema without its prose, which would end up in the module. */
function bare(schema) {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => (typeof value === "string" && PROSE.has(key) ? undefined : value)),
  );
}

const PROSE = new Set(["title", "description", "$comment"]);
