"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const query = one("#query");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const sessions = Array.from(document.querySelectorAll(".session")).map((element) => ({
    element,
    text: fold(`${element.querySelector("h2").textContent} ${element.dataset.words}`),
  }));
  for (const element of document.querySelectorAll(".search, .keys")) element.hidden = false;

  const filter = () => {
    const words = fold(query.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text } of sessions) {
      element.hidden = !words.every((word) => text.includes(word));
      if (!element.hidden) shown += 1;
    }
    one("#count").textContent = words.length ? `${shown} of ${sessions.length}` : "";
    one("#none").hidden = shown > 0 || !sessions.length;
  };
  query.addEventListener("input", filter);
  one(".search").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && event.target !== query) {
      event.preventDefault();
      query.select();
    } else if (event.key === "Escape") {
      query.value = "";
      filter();
      query.blur();
    }
  });
  filter();  // a browser may have kept the words from before
})();
