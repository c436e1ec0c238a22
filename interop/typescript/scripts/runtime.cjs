// Functions that the validators call instead of parts of ajv whose time is quadratic.

/** Whether all items of a list are different JSON values. */
exports.distinct = (items) => {
  if (items.length < 2) return true;
  const isText = items.every((item) => typeof item === "string");
  return new Set(isText ? items : items.map(text)).size === items.length;
};

/** A text that is the same for equal values, whatever the order of their members. */
function text(value) {
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  if (typeof value === "number") return String(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${text(value[name])}`).join()}}`;
}

/** Appends the second list of errors to the first one. */
exports.appended = (errors, others) => {
  for (const error of others) errors.push(error);
  return errors;
};

/** The number of characters of a string, of which one may be two code units. */
exports.lengthOf = (string) => (SURROGATE.test(string) ? [...string].length : string.length);

const SURROGATE = /[\ud800-\udfff]/;
