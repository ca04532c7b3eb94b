// The conversation as text: one entry for each utterance, replaced while it grows. Owns its list element.

export class Captions {
  #list;
  #announcer;
  #entries = new Map();

  constructor(list, announcer) {
    this.#list = list;
    this.#announcer = announcer;
    // A turned phone or its keyboard makes the list another size: the newest words stay in view.
    new ResizeObserver(() => (list.scrollTop = list.scrollHeight)).observe(list);
  }

  clear() {
    this.#entries.clear();
    this.#list.replaceChildren();
    this.#announcer.textContent = "";
  }

  // caption: {id, who: "you" | "agent", text, final, cut, typed}
  show(caption) {
    if (!caption.text.trim()) return;
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    const entry = this.#entries.get(caption.id) ?? this.#add(caption);
    entry.querySelector(".text").textContent = caption.text.trim();
    entry.classList.toggle("interim", !caption.final);
    entry.classList.toggle("cut", Boolean(caption.cut));
    entry.querySelector(".note").textContent = note(caption);
    if (caption.final && !caption.typed) {
      const who = caption.who === "you" ? "You" : "Agent";
      this.#announcer.textContent = `${who}: ${caption.text}${caption.cut ? " (interrupted)" : ""}`;
    }
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #add(caption) {
    const entry = document.createElement("li");
    entry.className = caption.who;
    entry.append(part("who", caption.who === "you" ? "You" : "Agent"), part("text"), part("note"));
    this.#entries.set(caption.id, entry);
    this.#list.append(entry);
    return entry;
  }
}

function note(caption) {
  if (caption.cut) return "you interrupted here";
  return caption.typed ? "typed" : "";
}

function part(name, text = "") {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}
