// The line protocol of the conformance runner (docs/reference/conformance.md): one JSON request per line on standard
// input, one JSON answer per line on standard output. This is the only module that needs Node.

import { answer } from "./answer.js";

process.stdin.setEncoding("utf8");
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(); // the reader of the answers has gone
});

let begun: string[] = []; // the parts of an unfinished line
for await (const chunk of process.stdin as AsyncIterable<string>) {
  const [first, ...others] = chunk.split("\n");
  begun.push(first!);
  for (const other of others) {
    respond(begun.join(""));
    begun = [other];
  }
}
respond(begun.join(""));

function respond(line: string): void {
  if (line.trim()) process.stdout.write(`${answer(line)}\n`);
}
