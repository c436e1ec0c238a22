// Generates src/generated/ and dist/generated/ from the schemas and the catalogue of rules. The output is not
// committed: every build generates it again, so it cannot be out of date.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogModule } from "./catalog.mjs";
import { roles } from "./schemas.mjs";
import { compressModule } from "./sha256.mjs";
import { shapes } from "./shapes.mjs";
import { types } from "./types.mjs";
import { writeValidators } from "./validators.mjs";

const VALIDATOR = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Validate } from "../../schema.js";

declare const validate: Validate;
export default validate;
`;
const ALL_VALIDATORS = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Role } from "../../kinds.js";
import type { Validate } from "../../schema.js";

declare const validators: Record<Role, Validate>;
export default validators;
`;

/** The name and version of the package, as reports state them. */
function version() {
  const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return `// Generated from package.json by \`npm run generate\`; do not edit.

/** The version of the package, which is that of the contract's Python package. */
export const VERSION = ${JSON.stringify(version)};

/** The program that made a report. */
export const CHECKER = { name: ${JSON.stringify(name)}, version: VERSION };
`;
}

const sources = new URL("../src/generated/", import.meta.url);
const dist = new URL("../dist/", import.meta.url);
const built = new URL("generated/", dist);
const schemaFolder = new URL("../../../schemas/", import.meta.url);

for (const folder of ["validators/", "../schemas/"]) {
  mkdirSync(new URL(folder, built), { recursive: true });
}
mkdirSync(new URL("validators/", sources), { recursive: true });
writeFileSync(new URL("types.ts", sources), await types());
writeFileSync(new URL("catalog.ts", sources), catalogModule());
writeFileSync(new URL("shapes.ts", sources), shapes());
writeFileSync(new URL("compress.ts", sources), compressModule());
writeFileSync(new URL("version.ts", sources), version());
for (const folder of [sources, built]) {
  for (const role of Object.values(roles))
    writeFileSync(new URL(`validators/${role}.d.ts`, folder), VALIDATOR);
  writeFileSync(new URL("validators/all.d.ts", folder), ALL_VALIDATORS);
}
await writeValidators(fileURLToPath(new URL("validators", built)));
for (const file of readdirSync(schemaFolder).filter((name) => name.endsWith(".json"))) {
  copyFileSync(new URL(file, schemaFolder), new URL(`schemas/${file}`, dist));
}
