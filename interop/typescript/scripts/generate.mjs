// Generates src/generated/ and dist/generated/ from the schemas and the catalogue of rules. The output is not
// committed: every build generates it again, so it cannot be out of date.

import { mkdirSync, writeFileSync } from "node:fs";
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

const sources = new URL("../src/generated/", import.meta.url);
const built = new URL("../dist/generated/", import.meta.url);

for (const folder of [sources, built]) mkdirSync(folder, { recursive: true });
writeFileSync(new URL("types.ts", sources), types());
writeFileSync(new URL("catalog.ts", sources), catalogModule());
writeFileSync(new URL("shapes.ts", sources), shapes());
writeFileSync(new URL("validators.d.ts", sources), VALIDATORS);
await writeValidators(fileURLToPath(new URL("validators.js", built)));
