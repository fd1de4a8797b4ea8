// The manual's search: `manual` (index.js) is a list of sections, each [page, anchor, page's title, heading, text].
// Everything that the reader typed has to stand in a section; headings count more than text.
"use strict";

const field = document.getElementById("search");
const list = document.getElementById("found");
const root = document.documentElement.dataset.root;

const plain = (text) => text.toLowerCase().normalize("NFC");
const sections = manual.map(([page, anchor, title, heading, text]) => ({
  page, anchor, title, heading, text, name: plain(heading + " " + title), body: plain(text),
}));

function score(section, words) {
  let sum = 0;
  for (const word of words) {
    const named = section.name.split(/[^\p{L}\p{N}_']+/u).includes(word) ? 30 : section.name.includes(word) ? 12 : 0;
    const times = Math.min(section.body.split(word).length - 1, 5);
    if (named + times === 0) return 0;
    sum += named + times;
  }
  return sum;
}

// Text around the first word that was found, as nodes: nothing of it is read as HTML.
function excerpt(section, words) {
  const at = Math.max(0, Math.min(...words.map((word) => section.body.indexOf(word)).filter((place) => place >= 0), section.body.length) - 40);
  const text = section.text.slice(at, at + 160);
  const parts = [at > 0 ? "… " : ""];
  let rest = text;
  while (rest !== "") {
    const hits = words.map((word) => [plain(rest).indexOf(word), word.length]).filter(([place]) => place >= 0);
    if (hits.length === 0) break;
    const [place, length] = hits.reduce((first, hit) => (hit[0] < first[0] ? hit : first));
    const mark = document.createElement("mark");
    mark.textContent = rest.slice(place, place + length);
    parts.push(rest.slice(0, place), mark);
    rest = rest.slice(place + length);
  }
  return [...parts, rest];
}

function look() {
  const words = plain(field.value).split(/\s+/).filter((word) => word !== "");
  const found = words.length === 0 ? [] : sections
    .map((section) => [score(section, words), section]).filter(([points]) => points > 0)
    .sort((a, b) => b[0] - a[0]).slice(0, 20);
  list.replaceChildren(...found.map(([, section]) => {
    const link = document.createElement("a");
    link.href = root + section.page + (section.anchor === "" ? "" : "#" + section.anchor);
    link.append(section.heading === section.title ? section.title : section.heading + " – " + section.title);
    const small = document.createElement("small");
    small.append(...excerpt(section, words));
    link.append(small);
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  if (words.length > 0 && found.length === 0) list.textContent = "Nothing found.";
}

field.addEventListener("input", look);
document.addEventListener("keydown", (event) => {
  const links = [...list.querySelectorAll("a")];
  if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
  if (event.key === "Escape") { field.value = ""; look(); field.blur(); }
  if (event.key === "Enter" && document.activeElement === field && links.length > 0) links[0].click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && links.length > 0 && (document.activeElement === field || links.includes(document.activeElement))) {
    event.preventDefault();
    const next = links.indexOf(document.activeElement) + step;
    (next < 0 ? field : links[Math.min(next, links.length - 1)]).focus();
  }
});
document.addEventListener("click", (event) => { if (!event.target.closest(".search")) list.replaceChildren(); });
