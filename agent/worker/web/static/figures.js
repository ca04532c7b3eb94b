// The figures of a call: how long each answer took, from the end of what the caller said to the agent's first sound.

const SHOWN = 24; // answers in the sparkline
const FRESH_MS = 1500; // a sound this long before "speaking" still is the answer's first: state and sound travel apart

export class Figures {
  latencies = [];
  #askedAt = 0; // when the caller last ended a stretch of speech, or sent a line
  #answeredAt = 0; // when the last answer began
  #awaitsSound = false;
  #state = "";

  typed() {
    this.#askedAt = performance.now();
  }

  agentIs(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#awaitsSound = state === "speaking";
  }

  // Called at every measurement of both sides; returns whether an answer has just begun.
  listen(microphone, agent) {
    if (!this.#awaitsSound) {
      this.#askedAt = Math.max(this.#askedAt, microphone.heardAt);
      return false;
    }
    const now = performance.now();
    if (now - agent.heardAt > FRESH_MS || agent.onsetAt <= this.#askedAt) return false;
    this.#awaitsSound = false;
    const asked = this.#askedAt > this.#answeredAt;
    this.#answeredAt = agent.onsetAt;
    if (!asked) return false;
    this.latencies.push(agent.onsetAt - this.#askedAt);
    return true;
  }

  get typical() {
    const sorted = [...this.latencies].sort((one, other) => one - other);
    return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : null;
  }
}

export function inWords(milliseconds) {
  if (milliseconds == null) return "–";
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function sparkline(latencies) {
  const shown = latencies.slice(-SHOWN);
  const largest = Math.max(...shown, 1000);
  const width = 6 * SHOWN;
  const svg = element("svg", { viewBox: `0 0 ${width} 28`, role: "img" });
  svg.setAttribute("aria-label", shown.length ? `Answers after ${shown.map(inWords).join(", ")}` : "No answer yet");
  shown.forEach((latency, at) => {
    const height = Math.max(2, (26 * latency) / largest);
    const bar = element("rect", { x: at * 6, y: 28 - height, width: 4, height, rx: 1.5 });
    if (at === shown.length - 1) bar.classList.add("latest");
    bar.append(Object.assign(element("title"), { textContent: inWords(latency) }));
    svg.append(bar);
  });
  return svg;
}

function element(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
