// Makes src/generated/ and dist/generated/ from the schemas of the contract. Nothing of it is committed: each
// build makes it anew, so that it cannot lag behind the schemas.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { shapes } from "./shapes.mjs";
import { types } from "./types.mjs";
import { writeValidators } from "./validators.mjs";

const VALIDATORS = `// Made from the schemas by \`npm run generate\`; not to be edited.

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
writeFileSync(new URL("shapes.ts", sources), shapes());
writeFileSync(new URL("validators.d.ts", sources), VALIDATORS);
await writeValidators(fileURLToPath(new URL("validators.js", built)));
