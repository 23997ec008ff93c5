// The whole conversation as a file of Markdown, made in the browser.
import { records } from "./conversation.js";
import { $, around, element } from "./dom.js";
import { t } from "./settings.js";

const KEEP_MS = 1000; // an address that is taken back at once is not saved by every browser

function saveConversation() {
  const title = $("#kq-masthead h1")?.textContent ?? "";
  const parts = [
    `# ${t("file_title", { title })}\n`,
    ...records().map((record) => record.markdown),
  ];
  const file = new Blob([parts.join("\n")], { type: "text/markdown;charset=utf-8" });
  const address = URL.createObjectURL(file);
  const day = new Date().toLocaleDateString("sv"); // 2026-11-24, in the visitor's own time
  element("a", { href: address, download: `${t("file_name")}-${day}.md` }).click();
  setTimeout(() => URL.revokeObjectURL(address), KEEP_MS);
}

document.addEventListener("click", (event) => {
  if (around(event, "[data-action=save]")) saveConversation();
});
