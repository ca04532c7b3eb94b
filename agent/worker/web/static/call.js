// One call: a room, a microphone and an agent. Tells what happens by events and knows nothing of the page.
//
// Events, each with its `detail`: "agent" (state), "caption" ({id, who, text, final, cut}), "agentTrack" and
// "microphoneTrack" (MediaStreamTrack or null), "problem" (Problem), "solved", "connection" (words), "ended".

import { ConnectionState, DisconnectReason, ParticipantKind, Room, RoomEvent, Track } from "/livekit-client.mjs";
import { problems } from "./problems.js";

const AGENT_DEADLINE_MS = 20_000;
const READY = new Set(["idle", "listening", "thinking", "speaking"]);
const SENTENCE_END = /[.!?…。！？]["'”’)\]]*\s*$/;

export class Call extends EventTarget {
  lastSaidAt = () => 0; // when the caller last spoke or typed; performance.now()
  #room = new Room({
    // A muted microphone is let go: the browser's own sign for it goes out too.
    publishDefaults: { stopMicTrackOnMute: true },
    audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  #deadline;
  #late = false;
  #audio = [];
  #leaving = false;

  async start(secret) {
    this.#subscribe();
    const { server_url: url, participant_token: token } = await askForToken(secret);
    this.#tell("connection", "Connecting …");
    try {
      await this.#room.connect(url, token);
    } catch {
      throw problems.serverUnreachable(url);
    }
    this.#tell("connection", "Connected");
    this.#deadline = setTimeout(() => this.#agentIsLate(), AGENT_DEADLINE_MS);
    this.#lookAtAgent();
    await this.#room.startAudio().catch(() => {});
    await this.setMicrophone(true);
  }

  async leave() {
    this.#leaving = true;
    await this.#room.disconnect();
  }

  get microphoneOn() {
    return this.#room.localParticipant.isMicrophoneEnabled;
  }

  async setMicrophone(on) {
    try {
      await this.#room.localParticipant.setMicrophoneEnabled(on);
    } catch (error) {
      this.#tell("problem", problems.microphone(error));
    }
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
    this.#tell("microphoneTrack", this.microphoneOn ? track.mediaStreamTrack : null);
  }

  async devices() {
    const found = await Room.getLocalDevices("audioinput", false).catch(() => []);
    return { found, chosen: this.#room.getActiveDevice("audioinput") };
  }

  async choose(deviceId) {
    try {
      await this.#room.switchActiveDevice("audioinput", deviceId);
    } catch (error) {
      this.#tell("problem", problems.microphone(error));
    }
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
    this.#tell("microphoneTrack", this.microphoneOn ? track.mediaStreamTrack : null);
  }

  async type(text) {
    const { id } = await this.#room.localParticipant.sendText(text, { topic: "lk.chat" });
    this.#tell("caption", { id, who: "you", text, final: true, typed: true });
  }

  #subscribe() {
    const room = this.#room;
    room.registerTextStreamHandler("lk.transcription", (reader, from) => this.#read(reader, from.identity));
    room.on(RoomEvent.ParticipantConnected, () => this.#lookAtAgent());
    room.on(RoomEvent.ParticipantAttributesChanged, () => this.#lookAtAgent());
    room.on(RoomEvent.ParticipantDisconnected, (participant) => this.#left(participant));
    room.on(RoomEvent.TrackSubscribed, (track) => this.#hear(track));
    room.on(RoomEvent.AudioPlaybackStatusChanged, () => {
      if (room.canPlaybackAudio) return;
      this.#tell("problem", problems.silentSpeaker());
      const play = () => room.startAudio().then(() => this.#tell("solved"));
      for (const gesture of ["keydown", "pointerdown"]) addEventListener(gesture, play, { once: true });
    });
    room.on(RoomEvent.MediaDevicesChanged, () => this.#tell("devices"));
    room.on(RoomEvent.ConnectionStateChanged, (state) => {
      if (state === ConnectionState.Reconnecting) this.#tell("connection", "Reconnecting …");
      if (state === ConnectionState.Connected) this.#tell("connection", "Connected");
    });
    room.on(RoomEvent.Disconnected, (reason) => this.#ended(reason));
  }

  // A growing utterance of the agent, or one more version of one of ours: the segment's id says which.
  async #read(reader, identity) {
    const who = identity === this.#room.localParticipant.identity ? "you" : "agent";
    const id = reader.info.attributes?.["lk.segment_id"] ?? reader.info.id;
    const beganAt = performance.now();
    let text = "";
    try {
      for await (const chunk of reader) {
        text += chunk;
        this.#tell("caption", { id, who, text, final: false });
      }
    } catch {
      // The room was left, or its connection lost, while the agent spoke: what was said so far stays.
    }
    // The attributes are complete only at the stream's end.
    const final = reader.info.attributes?.["lk.transcription_final"] === "true";
    // The room does not say that an answer was cut short. It then ends inside a sentence, and we had said something.
    const cut = who === "agent" && this.lastSaidAt() > beganAt && !SENTENCE_END.test(text);
    this.#tell("caption", { id, who, text, final: final || who === "agent", cut });
  }

  #agent() {
    return [...this.#room.remoteParticipants.values()].find((each) => each.kind === ParticipantKind.AGENT);
  }

  #lookAtAgent() {
    const agent = this.#agent();
    if (!agent) return;
    const state = agent.attributes["lk.agent.state"] ?? "initializing";
    if (READY.has(state)) {
      clearTimeout(this.#deadline);
      if (this.#late) this.#tell("solved");
      this.#late = false;
    }
    this.#tell("agent", state);
  }

  #agentIsLate() {
    this.#late = true;
    this.#tell("problem", this.#agent() ? problems.agentStuck() : problems.agentMissing());
  }

  #left(participant) {
    if (participant.kind !== ParticipantKind.AGENT || this.#leaving) return;
    this.#tell("agent", "gone");
    this.#tell("problem", problems.agentLeft());
  }

  #hear(track) {
    if (track.kind !== Track.Kind.Audio) return;
    const sound = track.attach();
    this.#audio.push(sound);
    document.body.append(sound);
    this.#tell("agentTrack", track.mediaStreamTrack);
  }

  #ended(reason) {
    clearTimeout(this.#deadline);
    for (const sound of this.#audio) sound.remove();
    if (!this.#leaving) {
      const removed = [DisconnectReason.ROOM_DELETED, DisconnectReason.PARTICIPANT_REMOVED].includes(reason);
      this.#tell("problem", removed ? problems.removed() : problems.connectionLost());
    }
    this.#tell("ended");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

async function askForToken(secret) {
  const headers = { "Content-Type": "application/json" };
  if (secret) headers.Authorization = `Bearer ${secret}`;
  let response;
  try {
    response = await fetch("/token", { method: "POST", headers, body: "{}" });
  } catch {
    throw problems.pageUnreachable();
  }
  if (response.status === 401) throw Object.assign(problems.secretWanted(), { wantsSecret: true });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw problems.refused(answer.error ?? `It answered with status ${response.status}.`);
  return answer;
}
