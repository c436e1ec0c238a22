// Reads one kind of document. A bundle that imports nothing else has no validators of the others.

import validate from "../generated/validators/config.js";
import type { Documents } from "../kinds.js";
import { type Parsed, parsed, type ParseOptions } from "../parsing.js";
import type { JsonText } from "../reader.js";

/** Reads a config and validates it against its schema; see `parseDocument`. */
export function parseConfig(text: JsonText, options: ParseOptions = {}): Parsed<Documents["config"]> {
  return parsed("config", validate, text, options);
}
