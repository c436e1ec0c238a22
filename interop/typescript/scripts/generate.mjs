// Generates src/generated/ and dist/generated/ from the schemas and the catalogue of rules. The output is not
// committed: every build generates it again, so it cannot be out of date.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogModule } from "./catalog.mjs";
import { shapes } from "./shapes.mjs";
import { types } from "./types.mjs";
import { writeValidators } from "./validators.mjs";

const VALIDATORS = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Role } from "../kinds.js";

interface Validator {
  (value: unknown): boolean;
  errors: { keyword: string; instancePath: string; params: Record<string, unknown> }[] | null;
}

declare const validators: Record<Role, Validator>;
export default validators;
`;

/** The name and version of the package, as reports state them. */
function version() {
  const { name, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return `// Generated from package.json by \`npm run generate\`; do not edit.

export const CHECKER = { name: ${JSON.stringify(name)}, version: ${JSON.stringify(version)} };
`;
}

const sources = new URL("../src/generated/", import.meta.url);
const built = new URL("../dist/generated/", import.meta.url);

for (const folder of [sources, built]) mkdirSync(folder, { recursive: true });
writeFileSync(new URL("types.ts", sources), await types());
writeFileSync(new URL("catalog.ts", sources), catalogModule());
writeFileSync(new URL("shapes.ts", sources), shapes());
writeFileSync(new URL("version.ts", sources), version());
writeFileSync(new URL("validators.d.ts", sources), VALIDATORS);
await writeValidators(fileURLToPath(new URL("validators.js", built)));
