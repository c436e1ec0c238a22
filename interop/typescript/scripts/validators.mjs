// The validators that ajv generates from the schemas, as one module that runs without ajv and without eval.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { explainable } from "./explainable.mjs";
import { definitions, roles, schemas, typeName } from "./schemas.mjs";

const require = createRequire(import.meta.url);
const { Ajv, _ } = require("ajv");
const { usePattern } = require("ajv/dist/vocabularies/code");
const standalone = require("ajv/dist/standalone").default;

/** Writes the module of the validator of each kind to a folder, and one of all of them, which share what they have in common. */
export async function writeValidators(folder) {
  // Not the class for draft 2020-12: its validators do bookkeeping for keywords that the schemas do not have.
  const ajv = new Ajv({
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
  for (const keyword of [UNIQUE_ITEMS, length("minLength", _`<`), length("maxLength", _`>`), FORBIDDEN]) {
    ajv.removeKeyword(keyword.keyword);
    ajv.addKeyword(keyword);
  }
  ajv.addSchema({ $id: "contract", $defs: explainable(bare(definitions(Object.keys(roles)))) });
  const names = Object.entries(roles).map(([name, role]) => [
    role,
    `contract#/$defs/${typeName(schemas.get(name))}`,
  ]);
  await write(standalone(ajv, Object.fromEntries(names)), `${folder}/all.js`);
  for (const [role, name] of names) await write(standalone(ajv, ajv.getSchema(name)), `${folder}/${role}.js`);
}

async function write(code, outfile) {
  await build({
    stdin: { contents: withoutConcat(code), resolveDir: fileURLToPath(import.meta.url + "/..") },
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
    context.fail(_`!${fromRuntime(context, _`distinct`)}(${context.data})`);
  },
};

/** A limit of the characters of a string. ajv counts them one by one. */
function length(keyword, beyond) {
  return {
    keyword,
    type: "string",
    schemaType: "number",
    before: "pattern",
    code(context) {
      context.fail(_`${fromRuntime(context, _`lengthOf`)}(${context.data}) ${beyond} ${context.schema}`);
    },
  };
}

/** The pattern of a string that is not allowed. For ajv, it is an error that is undone when it is found. */
const FORBIDDEN = {
  keyword: "forbidden",
  type: "string",
  schemaType: "string",
  code(context) {
    context.fail(_`${usePattern(context, context.schema)}.test(${context.data})`);
  },
};

/** A function of the runtime. */
function fromRuntime({ gen }, name) {
  const code = _`require("./runtime.cjs").${name}`;
  return gen.scopeValue("func", { key: name.str, ref: name.str, code });
}

/** A schema without its prose, which would end up in the module. */
function bare(schema) {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => (typeof value === "string" && PROSE.has(key) ? undefined : value)),
  );
}

const PROSE = new Set(["title", "description", "$comment"]);
