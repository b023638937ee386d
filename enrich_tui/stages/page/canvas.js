"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const { words, duration } = JSON.parse(one("#data").textContent);
  const player = one("#player");
  const pane = one(".transcript");
  const lines = all(".line").map((element) => ({
    element,
    text: element.querySelector("p"),
    start: Number(element.dataset.s),
    end: Number(element.dataset.e),
    words: words[element.id.slice(5)] || [],
  }));
  const chapters = all("[data-chapter]").map((element) => ({ element, start: Number(element.dataset.chapter) }));
  const parts = all("#ribbon .part");
  const head = one("#head");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const paints = "highlights" in CSS;
  document.documentElement.classList.add("js");
  for (const element of all(".search, .keys, .tracks")) element.hidden = false;

  const paint = (name, ranges) => {
    if (!paints) return;
    if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
    else CSS.highlights.delete(name);
  };
  const glide = () => (calm.matches ? "auto" : "smooth");
  const length = () => duration || (Number.isFinite(player.duration) ? player.duration : 0);

  // the last of a list, sorted by start, that has begun
  const begun = (list, time) => {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].start <= time + 0.02) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  let following = true;
  let lineNow = -1;
  let chapterNow = -1;

  const seek = (time) => {
    if (!player) return;
    player.currentTime = time;
    following = true;
    draw(time);
    player.play().catch(() => {});
  };

  const reveal = () => {
    if (!pane || lineNow < 0) return;
    const box = lines[lineNow].element.getBoundingClientRect();
    const frame = pane.getBoundingClientRect();
    const top = box.top - frame.top - frame.height / 3;
    if (Math.abs(top) > 4) pane.scrollBy({ top, behavior: Math.abs(top) > 1500 ? "auto" : glide() });
  };

  const draw = (time = player.currentTime) => {
    const line = begun(lines, time);
    if (line !== lineNow) {
      if (lineNow >= 0) {
        lines[lineNow].element.classList.remove("now");
        lines[lineNow].element.removeAttribute("aria-current");
      }
      lineNow = line;
      if (line >= 0) {
        lines[line].element.classList.add("now");
        lines[line].element.setAttribute("aria-current", "true");
        if (following) reveal();
      }
    }
    const chapter = begun(chapters, time);
    if (chapter !== chapterNow) {
      for (const [at, on] of [[chapterNow, false], [chapter, true]]) {
        if (at < 0) continue;
        chapters[at].element.classList.toggle("now", on);
        if (parts[at]) parts[at].classList.toggle("now", on);
      }
      chapterNow = chapter;
      const list = one(".chapters.list");
      if (list && chapter >= 0) {
        const item = chapters[chapter].element;
        list.scrollTo({ top: item.offsetTop - list.offsetTop - list.clientHeight / 3, left: item.offsetLeft - list.offsetLeft - 8, behavior: glide() });
      }
    }
    if (head && length()) head.setAttribute("x", String(Math.min(997, (time / length()) * 1000)));
    const ranges = [];
    if (line >= 0 && time <= lines[line].end + 0.5) {
      const { words: flat, text } = lines[line];
      let at = -1;
      for (let i = 0; i < flat.length && flat[i + 2] <= time + 0.02; i += 3) at = i;
      if (at >= 0 && text.firstChild && flat[at + 1] <= text.firstChild.length) {
        const range = new Range();
        range.setStart(text.firstChild, flat[at]);
        range.setEnd(text.firstChild, flat[at + 1]);
        ranges.push(range);
      }
    }
    paint("spoken", ranges);
    const follow = one("#follow");
    if (follow) follow.hidden = following || lineNow < 0;
  };

  // where in a line somebody clicked, as media time
  const clicked = (event, line) => {
    let node = null;
    let offset = 0;
    if (document.caretPositionFromPoint) {
      const caret = document.caretPositionFromPoint(event.clientX, event.clientY);
      if (caret) [node, offset] = [caret.offsetNode, caret.offset];
    } else if (document.caretRangeFromPoint) {
      const caret = document.caretRangeFromPoint(event.clientX, event.clientY);
      if (caret) [node, offset] = [caret.startContainer, caret.startOffset];
    }
    let time = line.start;
    if (node === line.text.firstChild) {
      for (let i = 0; i < line.words.length && line.words[i] <= offset; i += 3) time = line.words[i + 2];
    }
    return time;
  };

  if (player) {
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const link = event.target.closest("a[data-t]");
      if (link) {
        event.preventDefault();
        seek(Number(link.dataset.t));
        return;
      }
      const element = event.target.closest(".line p");
      if (element && getSelection().isCollapsed) {
        const line = lines.find((candidate) => candidate.text === element);
        if (line) seek(clicked(event, line));
      }
    });
    if (one("#ribbon")) {
      one("#ribbon").addEventListener("click", (event) => {
        const box = one("#ribbon").getBoundingClientRect();
        if (length()) seek(((event.clientX - box.left) / box.width) * length());
      });
    }
    let frame = 0;
    const tick = () => {
      draw();
      frame = player.paused ? 0 : requestAnimationFrame(tick);
    };
    player.addEventListener("play", () => {
      if (!frame) tick();
    });
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) player.addEventListener(name, () => draw());
    player.addEventListener("error", () => {
      one("#unplayable").hidden = false;
    });
    if (player.error) one("#unplayable").hidden = false;
    const track = one("#track");
    // a film without sound is heard through the tracks that were recorded beside it
    const voices = all(".voice");
    const heard = () => !player.paused && !(track && track.selectedIndex > 0);
    const tune = () => {
      for (const voice of voices) {
        if (Math.abs(voice.currentTime - player.currentTime) > 0.25) voice.currentTime = player.currentTime;
        voice.playbackRate = player.playbackRate;
        [voice.volume, voice.muted] = [player.volume, player.muted];
        if (heard() && voice.paused && !voice.ended) voice.play().catch(() => {});
        if (!heard()) voice.pause();
      }
    };
    const occasions = ["play", "pause", "seeking", "timeupdate", "ratechange", "volumechange", "emptied"];
    for (const name of voices.length ? occasions : []) player.addEventListener(name, tune);
    if (track) {
      track.addEventListener("change", () => {
        const [time, playing] = [player.currentTime, !player.paused];
        one("#unplayable").hidden = true;
        player.src = track.value;
        player.currentTime = time;
        if (playing) player.play().catch(() => {});
      });
    }
    if (player.addTextTrack && player.tagName === "VIDEO" && lines.length) {
      player.addEventListener("play", () => {
        const captions = player.addTextTrack("captions", "Transcript", pane.lang || "");
        const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
        for (const line of lines) {
          captions.addCue(new VTTCue(line.start, Math.max(line.end, line.start + 0.1), escape(line.text.textContent)));
        }
      }, { once: true });
    }
  }

  if (pane) {
    const away = () => {
      if (!player || lineNow < 0) return;
      following = false;
      one("#follow").hidden = false;
    };
    pane.addEventListener("wheel", away, { passive: true });
    pane.addEventListener("touchmove", away, { passive: true });
    pane.addEventListener("keydown", (event) => {
      if (["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].includes(event.key)) away();
    });
    pane.addEventListener("pointerdown", (event) => {
      if (event.target === pane) away();  // its scroll bar
    });
    one("#follow").addEventListener("click", () => {
      following = true;
      one("#follow").hidden = true;
      reveal();
    });
  }

  // a link to a moment of the session: canvas.html#t=SECONDS
  const arrive = () => {
    const moment = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!moment) return;
    const time = Number(moment[1]);
    following = true;
    if (player) player.currentTime = time;
    if (pane) pane.scrollIntoView({ block: "nearest" });
    draw(time);
    reveal();
    requestAnimationFrame(reveal);  // lines that had not been laid out have taken their places by then
  };
  addEventListener("hashchange", arrive);
  arrive();

  // search: letters are compared without case and accents, one for one, so that offsets stay what they are
  const query = one("#query");
  const count = one("#count");
  let texts = null;
  let hits = [];
  let hit = -1;
  let unfolded = null;

  const fold = (text) => {
    const small = text.toLowerCase();
    if (/^[\x00-\x7f]*$/.test(text)) return small;
    return Array.from({ length: text.length }, (_, i) => text[i].normalize("NFD")[0].toLowerCase()[0]).join("");
  };
  const gather = () => {
    const found = [];
    for (const element of all("[data-find]")) {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) found.push({ node: walker.currentNode, folded: fold(walker.currentNode.data), element });
    }
    return found;
  };
  // text from the screen is folded away; it is open while the search stands on it
  const unfold = (box) => {
    if (unfolded && unfolded !== box) unfolded.open = false;
    if (unfolded !== box) unfolded = box && !box.open ? box : null;
    if (box) box.open = true;
  };
  const show = (at) => {
    if (!hits.length) return;
    if (!paints && hit >= 0) hits[hit].element.classList.remove("here");
    hit = (at + hits.length) % hits.length;
    const { range, element } = hits[hit];
    paint("here", [range]);
    if (!paints) element.classList.add("here");
    if (pane && pane.contains(element)) following = false;
    unfold(element.closest("details"));
    if (player) draw();
    element.scrollIntoView({ block: "center", behavior: "auto" });
    count.textContent = `${hit + 1} of ${hits.length}`;
  };
  const search = () => {
    texts = texts || gather();
    for (const { element } of paints ? [] : hits) element.classList.remove("hit", "here");
    hits = [];
    hit = -1;
    const wanted = fold(query.value.trim());
    for (const { node, folded, element } of wanted ? texts : []) {
      for (let at = folded.indexOf(wanted); at >= 0 && hits.length < 5000; at = folded.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        hits.push({ range, element });
      }
    }
    paint("found", hits.map(({ range }) => range));
    for (const { element } of paints ? [] : hits) element.classList.add("hit");
    paint("here", []);
    count.textContent = wanted ? (hits.length ? `${hits.length} found` : "none found") : "";
  };
  let pending = 0;
  const flush = () => {
    clearTimeout(pending);
    if (pending) search();
    pending = 0;
  };
  query.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(flush, 150);
  });
  const step = (by) => {
    flush();
    show(hit < 0 && by < 0 ? hits.length - 1 : hit + by);
  };
  query.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      query.value = "";
      search();
      unfold(null);
      query.blur();
    }
  });
  one(".search").addEventListener("submit", (event) => event.preventDefault());
  query.addEventListener("keypress", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  });
  one("#next").addEventListener("click", () => step(1));
  one("#previous").addEventListener("click", () => step(-1));
  for (const button of all("[data-word]")) {
    button.addEventListener("click", () => {
      query.value = button.dataset.word;
      search();
      const after = hits.findIndex(({ element }) => pane && pane.contains(element));
      show(Math.max(0, after));
    });
  }

  const jump = (by) => {
    const list = lines.length ? lines : chapters;
    if (!player || !list.length) return;
    const at = Math.min(list.length - 1, Math.max(0, begun(list, player.currentTime) + by));
    player.currentTime = list[at].start;
    following = true;
    draw(list[at].start);
  };
  const keys = {
    " ": () => player && (player.paused ? player.play().catch(() => {}) : player.pause()),
    "/": () => query.select(),
    j: () => jump(1),
    k: () => jump(-1),
    n: () => step(1),
    N: () => step(-1),
    ArrowLeft: () => player && (player.currentTime = Math.max(0, player.currentTime - 5)),
    ArrowRight: () => player && (player.currentTime += 5),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target;
    if (target.closest("input, select, textarea")) return;
    if (target === player && event.key !== "/") return;
    if (event.key === " " && target.closest("button")) return;
    const action = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
