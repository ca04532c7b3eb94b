// The conversation as text: one entry for each utterance, replaced while it grows. Owns its list element.

import { summary } from "./figures.js";

export class Captions {
  #list;
  #announcer;
  #entries = new Map();
  #newest = null; // the agent's latest entry whose turn has not ended
  #turns = new Map(); // a turn's last entry by the turn's number

  constructor(list, announcer) {
    this.#list = list;
    this.#announcer = announcer;
    // A turned phone or its keyboard makes the list another size: the newest words stay in view.
    new ResizeObserver(() => (list.scrollTop = list.scrollHeight)).observe(list);
  }

  clear() {
    this.#entries.clear();
    this.#turns.clear();
    this.#newest = null;
    this.#list.replaceChildren();
    this.#announcer.textContent = "";
  }

  // caption: {id, who: "you" | "agent", text, final, typed}
  show(caption) {
    if (!caption.text.trim()) return;
    this.#keepingTheEndInView(() => {
      const entry = this.#entries.get(caption.id) ?? this.#add(caption);
      entry.querySelector(".text").textContent = caption.text.trim();
      entry.classList.toggle("interim", !caption.final);
    });
    if (caption.final && !caption.typed) {
      this.#announcer.textContent = `${caption.who === "you" ? "You" : "Agent"}: ${caption.text}`;
    }
  }

  // The agent's turn is over; the figures of a turn may come once more, corrected.
  turnEnded(figures) {
    if (!this.#turns.has(figures.turn)) {
      this.#turns.set(figures.turn, this.#newest);
      this.#newest = null;
    }
    const entry = this.#turns.get(figures.turn);
    if (!entry) return; // it was cut before its first word
    this.#keepingTheEndInView(() => {
      entry.classList.toggle("cut", figures.interrupted);
      entry.querySelector(".cut-note").textContent = figures.interrupted ? "you interrupted here" : "";
      entry.querySelector(".note").textContent = summary(figures);
    });
  }

  #add(caption) {
    const entry = document.createElement("li");
    entry.className = caption.who;
    const foot = part("foot");
    foot.append(part("cut-note"), part("note", caption.typed ? "typed" : ""));
    entry.append(part("who", caption.who === "you" ? "You" : "Agent"), part("text"), foot);
    this.#entries.set(caption.id, entry);
    if (caption.who === "agent") this.#newest = entry;
    this.#list.append(entry);
    return entry;
  }

  #keepingTheEndInView(change) {
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    change();
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function part(name, text = "") {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}
