// The validators that ajv makes of the schemas, as one module that needs neither ajv nor eval to run.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { roles, schemas } from "./schemas.mjs";

const require = createRequire(import.meta.url);
const { Ajv2020 } = require("ajv/dist/2020");
const { _ } = require("ajv");
const standalone = require("ajv/dist/standalone").default;

/** Writes the module to `outfile`. */
export async function writeValidators(outfile) {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    // The schemas split an object over `type` here and `properties` there, to say where null may stand.
    strictTypes: false,
    strictRequired: false,
    inlineRefs: false,
    messages: false,
    code: { source: true, lines: true },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword(UNIQUE_ITEMS);
  for (const schema of schemas.values()) ajv.addSchema(bare(schema));
  const exported = Object.entries(roles).map(([name, role]) => [role, schemas.get(name).$id]);
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

/** ajv copies all errors found so far for each part that another schema finds errors in. */
function withoutConcat(code) {
  const mended = code.replaceAll(
    /vErrors\.concat\((validate\d+\.errors)\)/g,
    "runtime.appended(vErrors, $1)",
  );
  if (/\.concat\(/.test(mended)) throw new Error("ajv writes its code in another way now");
  return `const runtime = require("./runtime.cjs");\n${mended}`;
}

/** ajv's own compares every item with every other, which takes hours for a list as long as a text may hold. */
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

/** A schema without the prose, which the module would carry along. */
function bare(schema) {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => (typeof value === "string" && PROSE.has(key) ? undefined : value)),
  );
}

const PROSE = new Set(["title", "description", "$comment"]);
