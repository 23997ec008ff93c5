// What the server told this page: the strings of the visitor's language, and how it is run.
const told = JSON.parse(document.getElementById("kq-settings").textContent);

export const language = told.language;
export const kiosk = told.kiosk === true;
export const idleSeconds = told.idle ?? 60;
export const mostUploaded = told.upload ?? 0; // bytes; 0 where nothing can be
export const feedback = told.feedback === true;

// t("lines", { first: 3, last: 5 }) is "lines 3 to 5".
export function t(key, values = {}) {
  const string = told.texts[key];
  if (string === undefined) throw new Error(`There is no text "${key}"`);
  return string.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
