// Joins the page's parts: what the call tells is shown, what the caller does is passed on.

import { Call } from "./call.js";
import { Captions } from "./captions.js";
import { Figures } from "./figures.js";
import { Loudness } from "./loudness.js";
import { Problem } from "./problems.js";

const AGENT_STATES = {
  initializing: "The agent is getting ready",
  idle: "The agent is waiting",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  gone: "The agent has left",
};
const DEVICES = {
  audioinput: { select: "microphone", name: "Microphone", none: "No microphone" },
  audiooutput: { select: "loudspeaker", name: "Loudspeaker", none: "" },
};

const at = (id) => document.getElementById(id);
const captions = new Captions(at("captions"), at("announcer"));
let current = null;

at("start").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!current) begin();
});
at("leave").addEventListener("click", () => current?.call.leave());
at("mute").addEventListener("click", async () => {
  if (!current) return;
  hideProblem();
  await current.call.setMicrophone(!current.call.microphoneOn);
  await showDevices(current.call);
});
for (const [kind, { select }] of Object.entries(DEVICES)) {
  at(select).addEventListener("change", () => current?.call.choose(kind, at(select).value));
}
at("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("line").value.trim();
  if (!text || !current) return;
  at("line").value = "";
  await current.call.type(text);
});

async function begin() {
  hideProblem();
  captions.clear();
  const call = new Call();
  current = { call, figures: new Figures(figurePlaces()), agent: orb(), microphone: new Loudness(showMicrophoneLevel) };
  follow(current);
  setPhase("connecting");
  try {
    await call.start(at("secret").value);
    await showDevices(call);
  } catch (problem) {
    if (!(problem instanceof Problem)) console.error(problem);
    at("secret-field").hidden = !problem.wantsSecret && at("secret-field").hidden;
    end();
    showProblem(problem instanceof Problem ? problem : new Problem("The call could not be made.", "Try again."));
    if (problem.wantsSecret) at("secret").focus();
  }
}

function follow({ call, figures, agent, microphone }) {
  const on = (name, react) => call.addEventListener(name, (event) => react(event.detail));
  on("connection", (words) => {
    at("connection").textContent = words;
    if (words === "Connected") setPhase("call");
  });
  on("agent", (state) => showState(state, AGENT_STATES[state] ?? state));
  on("caption", (caption) => captions.show(caption));
  on("turn", (turn) => {
    captions.turnEnded(turn);
    figures.add(turn);
  });
  on("agentTrack", (track) => agent.listen(track));
  on("microphoneTrack", (track) => {
    microphone.listen(track);
    showMicrophone(Boolean(track));
  });
  on("devices", () => showDevices(call));
  on("problem", showProblem);
  on("solved", hideProblem);
  on("ended", () => current?.call === call && end());
}

function end() {
  if (!current) return;
  current.agent.close();
  current.microphone.close();
  current = null;
  setPhase("idle");
}

function setPhase(phase) {
  const inCall = phase === "call";
  document.body.dataset.phase = phase;
  at("start").hidden = inCall;
  at("connect").disabled = phase === "connecting";
  at("connect").textContent = phase === "connecting" ? "Connecting …" : "Start talking";
  at("controls").hidden = !inCall;
  if (inCall) {
    at("conversation").hidden = at("figures").hidden = false;
    if (["idle", "early"].includes(at("stage").dataset.state)) showState("initializing", "Waiting for the agent");
    at("mute").focus();
  } else if (phase === "idle") {
    at("connection").textContent = "Not connected";
    showState("idle", "Ready when you are");
    at("connect").focus();
  }
}

function showState(state, words) {
  at("stage").dataset.state = state;
  at("agent-state").textContent = words;
}

function orb() {
  return new Loudness((level) => at("stage").style.setProperty("--agent-level", level.toFixed(3)));
}

function showMicrophoneLevel(level) {
  document.body.style.setProperty("--microphone-level", level.toFixed(3));
}

function showMicrophone(on) {
  at("mute").dataset.muted = String(!on);
  at("mute-label").textContent = on ? "Mute" : "Unmute";
  if (on && document.body.dataset.phase === "connecting") showState("early", "You can already speak");
}

async function showDevices(call) {
  for (const [kind, { select, name, none }] of Object.entries(DEVICES)) {
    const { found, chosen } = await call.devices(kind);
    const options = found.map((device, index) => new Option(device.label || `${name} ${index + 1}`, device.deviceId));
    at(select).replaceChildren(...(options.length ? options : [new Option(none, "")]));
    at(select).disabled = options.length < 2;
    // A browser that lets pages choose no loudspeaker lists none.
    at(select).closest("label").hidden = !options.length && !none;
    if (found.some((device) => device.deviceId === chosen)) at(select).value = chosen;
  }
}

function figurePlaces() {
  return Object.fromEntries(["answers", "latency", "typical", "tokens", "model", "sparkline"].map((id) => [id, at(id)]));
}

function showProblem(problem) {
  at("problem-what").textContent = problem.message;
  at("problem-advice").textContent = problem.advice;
  at("problem").hidden = false;
}

function hideProblem() {
  at("problem").hidden = true;
}
