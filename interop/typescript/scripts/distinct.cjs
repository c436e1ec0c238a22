// The keyword `uniqueItems`, in time that grows with the list and not with its square.

/** Whether no two items of a list are the same JSON value. */
exports.distinct = (items) => new Set(items.map(text)).size === items.length;

/** The same text for the same value: of an object, whatever the order of its members. */
function text(value) {
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  if (typeof value === "number") return String(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${text(value[name])}`).join()}}`;
}
