// The figures of a call, as the worker tells them after each of the agent's turns (topic "voicelive.figures"). Shows them.

const SHOWN = 24; // turns in the sparkline
const BAR = { pitch: 8, width: 6, height: 30, least: 3 };
const LOWEST_TOP_MS = 500; // a call of quick answers is not drawn as one of slow ones
const numbers = new Intl.NumberFormat("en");

export class Figures {
  #turns = new Map(); // by number: a turn is told once more if its tokens came late
  #at;

  // at: the page's elements {answers, latency, typical, tokens, model, sparkline}
  constructor(at) {
    this.#at = at;
    this.#show();
  }

  add(turn) {
    this.#turns.set(turn.turn, turn);
    this.#show();
  }

  #show() {
    const turns = [...this.#turns.values()].sort((one, other) => one.turn - other.turn);
    const latencies = turns.map((turn) => turn.latency_ms).filter((latency) => latency != null);
    const last = turns.at(-1);
    this.#at.answers.textContent = turns.length;
    this.#at.latency.textContent = inWords(latencies.at(-1));
    this.#at.typical.textContent = inWords(median(latencies));
    this.#at.tokens.textContent = numbers.format(last?.total_tokens_of_call ?? 0);
    this.#at.model.textContent = this.#at.model.title = last?.model ?? "–";
    this.#at.sparkline.replaceChildren(sparkline(turns.slice(-SHOWN)));
  }
}

// What is said of one turn beside its words.
export function summary(turn) {
  const tokens = turn.input_tokens + turn.output_tokens;
  return [
    turn.latency_ms == null ? "" : inWords(turn.latency_ms),
    turn.tools.length ? `used ${turn.tools.join(", ")}` : "",
    tokens ? `${numbers.format(tokens)} tokens` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function inWords(milliseconds) {
  if (milliseconds == null) return "–";
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return Math.round((sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2);
}

function sparkline(turns) {
  const slowest = Math.max(...turns.map((turn) => turn.latency_ms ?? 0), LOWEST_TOP_MS);
  const svg = element("svg", { viewBox: `0 0 ${BAR.pitch * SHOWN} ${BAR.height}`, role: "img" });
  const told = turns.filter((turn) => turn.latency_ms != null).map((turn) => inWords(turn.latency_ms));
  svg.setAttribute("aria-label", told.length ? `Answers after ${told.join(", ")}` : "No answer yet");
  turns.forEach((turn, index) => {
    const height = Math.max(BAR.least, (BAR.height * (turn.latency_ms ?? 0)) / slowest);
    const bar = element("rect", { x: index * BAR.pitch, y: BAR.height - height, width: BAR.width, height, rx: 1.5 });
    bar.classList.toggle("untimed", turn.latency_ms == null);
    bar.classList.toggle("interrupted", turn.interrupted);
    bar.classList.toggle("latest", index === turns.length - 1);
    bar.append(Object.assign(element("title"), { textContent: `${turn.turn}: ${inWords(turn.latency_ms)}, ${turn.model}` }));
    svg.append(bar);
  });
  return svg;
}

function element(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
