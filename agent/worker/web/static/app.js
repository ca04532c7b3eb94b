// Joins the page's parts: what the call tells is shown, what the caller does is passed on.

import { Call } from "./call.js";
import { Captions } from "./captions.js";
import { Figures, inWords, sparkline } from "./figures.js";
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
at("device").addEventListener("change", () => current?.call.choose(at("device").value));
at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send(at("line").value.trim());
});

async function begin() {
  hideProblem();
  captions.clear();
  const call = new Call();
  const figures = new Figures();
  const agent = new Loudness((level) => {
    at("stage").style.setProperty("--level", level.toFixed(3));
    if (figures.listen(microphone, agent)) showFigures(figures);
  });
  const microphone = new Loudness((level) => at("mute").style.setProperty("--level", level.toFixed(3)));
  current = { call, figures, agent, microphone, typedAt: 0 };
  call.lastSaidAt = () => Math.max(microphone.heardAt, current?.typedAt ?? 0);
  follow(call, figures, agent, microphone);
  showFigures(figures);
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

function follow(call, figures, agent, microphone) {
  const on = (name, react) => call.addEventListener(name, (event) => react(event.detail));
  on("connection", (words) => {
    at("connection").textContent = words;
    if (words === "Connected") setPhase("call");
  });
  on("agent", (state) => {
    figures.agentIs(state);
    showState(state, AGENT_STATES[state] ?? state);
  });
  on("caption", (caption) => captions.show(caption));
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

async function send(text) {
  if (!text || !current) return;
  at("line").value = "";
  current.typedAt = performance.now();
  current.figures.typed();
  await current.call.type(text);
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
    if (at("stage").dataset.state === "idle") showState("initializing", "Waiting for the agent");
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

function showMicrophone(on) {
  at("mute").dataset.muted = String(!on);
  at("mute-label").textContent = on ? "Mute" : "Unmute";
}

async function showDevices(call) {
  const { found, chosen } = await call.devices();
  const options = found.map((device, index) => new Option(device.label || `Microphone ${index + 1}`, device.deviceId));
  at("device").replaceChildren(...(options.length ? options : [new Option("No microphone", "")]));
  at("device").disabled = options.length < 2;
  if (found.some((device) => device.deviceId === chosen)) at("device").value = chosen;
}

function showFigures(figures) {
  at("turns").textContent = figures.latencies.length;
  at("latency").textContent = inWords(figures.latencies.at(-1));
  at("typical").textContent = inWords(figures.typical);
  at("sparkline").replaceChildren(sparkline(figures.latencies));
}

function showProblem(problem) {
  at("problem-what").textContent = problem.message;
  at("problem-advice").textContent = problem.advice;
  at("problem").hidden = false;
}

function hideProblem() {
  at("problem").hidden = true;
}
