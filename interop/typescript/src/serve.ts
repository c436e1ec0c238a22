// The line protocol of the conformance runner (docs/conformance.md): one JSON request a line on standard input, one
// JSON answer a line on standard output. The only module that needs Node.

import { createInterface } from "node:readline";
import { answer } from "./answer.js";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim()) process.stdout.write(`${answer(line)}\n`);
}
