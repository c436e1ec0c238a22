// The line protocol of the conformance runner (docs/conformance.md): one JSON request a line on standard
// input, one JSON answer a line on standard output. The only module that needs Node.

import { answer } from "./answer.js";

process.stdin.setEncoding("utf8");
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(); // nobody reads the answers any more
});

let begun: string[] = []; // the parts of a line that has not ended
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
