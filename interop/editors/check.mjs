// Validates JSON documents as Visual Studio Code does, with the language service that it uses.
//
// Usage: node check.mjs WORKSPACE. Reads .vscode/settings.json of the workspace, then one request per line,
// {"path": …, "text": …, "offset": …}, and answers with problems, and with the hover text and completions at the offset.

import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import languages from "vscode-json-languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

const workspace = process.argv[2];
const base = pathToFileURL(join(workspace, "/"));
const settings = JSON.parse(readFileSync(join(workspace, ".vscode", "settings.json"), "utf8"));

const service = languages.getLanguageService({
  schemaRequestService(uri) {
    if (!uri.startsWith("file:")) return Promise.reject(`${uri} must not be fetched`);
    return readFile(fileURLToPath(uri), "utf8");
  },
  workspaceContext: { resolveRelativePath: (path, uri) => new URL(path, uri).href },
});
service.configure({
  validate: true,
  schemas: settings["json.schemas"].map(({ fileMatch, url }) => ({ fileMatch, uri: new URL(url, base).href })),
});

for (const line of readFileSync(0, "utf8").trimEnd().split("\n")) {
  const { path, text, offset } = JSON.parse(line);
  const document = TextDocument.create(new URL(path, base).href, "json", 1, text);
  const json = service.parseJSONDocument(document);
  const position = document.positionAt(offset);
  const problems = await service.doValidation(document, json);
  const hover = await service.doHover(document, position, json);
  const completions = await service.doComplete(document, position, json);
  const answer = {
    problems: problems.map((each) => each.message),
    hover: (hover?.contents ?? []).join("\n").replaceAll("\\", ""),
    completions: completions.items.map((each) => each.label),
  };
  console.log(JSON.stringify(answer));
}
