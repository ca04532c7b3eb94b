// One call: a room, a microphone and an agent. Tells what happens by events and knows nothing of the page.
//
// Events, each with its `detail`: "agent" (state), "caption" ({id, who, text, final, typed}), "turn" (its figures),
// "agentTrack" and "microphoneTrack" (MediaStreamTrack or null), "problem" (Problem), "solved", "devices",
// "connection" (words), "ended".

import { ConnectionState, DisconnectReason, ParticipantKind, Room, RoomEvent, Track } from "/livekit-client.mjs";
import { problems } from "./problems.js";

const AGENT_DEADLINE_MS = 20_000;
const READY = new Set(["idle", "listening", "thinking", "speaking"]);
// The one kind of recording that LiveKit's worker can read.
const EARLY_WORDS_TYPE = "audio/webm;codecs=opus";

export class Call extends EventTarget {
  #room = new Room({
    // A muted microphone is let go: the browser's own sign for it goes out too.
    publishDefaults: { stopMicTrackOnMute: true },
    audioCaptureDefaults: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
  #deadline;
  #missed = false; // the caller was told that there is no agent
  #reason = null; // why the agent cannot go on, in its own words
  #audio = [];
  #over = false;

  async start(secret) {
    this.#subscribe();
    this.#tell("connection", "Connecting …");
    const microphone = this.#openMicrophone();
    try {
      await this.#join(await askForToken(secret));
    } catch (problem) {
      this.#over = true;
      microphone.then((track) => track?.stop());
      throw problem;
    }
    this.#tell("connection", "Connected");
    this.#deadline = setTimeout(() => this.#miss(), AGENT_DEADLINE_MS);
    this.#lookAtAgent();
    await this.#room.startAudio().catch(() => {});
    await this.#publish(await microphone);
  }

  async leave() {
    this.#over = true;
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
    this.#tellMicrophone();
  }

  // kind: "audioinput" or "audiooutput"
  async devices(kind) {
    const found = await Room.getLocalDevices(kind, false).catch(() => []);
    return { found, chosen: this.#room.getActiveDevice(kind) };
  }

  async choose(kind, deviceId) {
    try {
      await this.#room.switchActiveDevice(kind, deviceId);
    } catch (error) {
      this.#tell("problem", kind === "audioinput" ? problems.microphone(error) : problems.loudspeaker());
    }
    if (kind === "audioinput") this.#tellMicrophone();
  }

  async type(text) {
    const { id } = await this.#room.localParticipant.sendText(text, { topic: "lk.chat" });
    this.#tell("caption", { id, who: "you", text, final: true, typed: true });
  }

  // Opened before the call is there: what the caller says meanwhile is recorded, and sent to the agent ahead of the rest.
  async #openMicrophone() {
    try {
      const [track] = await this.#room.localParticipant.createTracks({ audio: true });
      if (this.#over) return track;
      if (globalThis.MediaRecorder?.isTypeSupported(EARLY_WORDS_TYPE)) track.startPreConnectBuffer();
      this.#tell("microphoneTrack", track.mediaStreamTrack);
      return track;
    } catch (error) {
      if (this.#over) return null;
      this.#tell("problem", problems.microphone(error));
      this.#tell("microphoneTrack", null);
      return null;
    }
  }

  async #join({ server_url: url, participant_token: token }) {
    try {
      await this.#room.connect(url, token);
    } catch {
      throw problems.serverUnreachable(url);
    }
  }

  async #publish(track) {
    if (!track) return;
    try {
      await this.#room.localParticipant.publishTrack(track);
    } catch (error) {
      track.stop();
      if (!this.#over) this.#tell("problem", problems.microphone(error));
    }
    this.#tellMicrophone();
  }

  #tellMicrophone() {
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.track;
    this.#tell("microphoneTrack", this.microphoneOn ? track.mediaStreamTrack : null);
  }

  #subscribe() {
    const room = this.#room;
    room.registerTextStreamHandler("lk.transcription", (reader, from) => this.#read(reader, from.identity));
    room.registerTextStreamHandler("voicelive.figures", async (reader) => this.#turn(await reader.readAll()));
    room.registerTextStreamHandler("voicelive.error", async (reader) => this.#failed(await reader.readAll()));
    room.on(RoomEvent.ParticipantConnected, () => this.#lookAtAgent());
    room.on(RoomEvent.ParticipantAttributesChanged, () => this.#lookAtAgent());
    room.on(RoomEvent.ParticipantDisconnected, (participant) => this.#left(participant));
    room.on(RoomEvent.TrackSubscribed, (track) => this.#hear(track));
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
    this.#tell("caption", { id, who, text, final: final || who === "agent" });
  }

  #turn(json) {
    try {
      this.#tell("turn", JSON.parse(json));
    } catch (error) {
      console.error("The worker's figures could not be shown.", error);
    }
  }

  #failed(sentence) {
    clearTimeout(this.#deadline);
    this.#reason = sentence;
    this.#missed = true;
    this.#tell("problem", problems.agentFailed(sentence));
  }

  #agent() {
    return [...this.#room.remoteParticipants.values()].find((each) => each.kind === ParticipantKind.AGENT);
  }

  #lookAtAgent() {
    const agent = this.#agent();
    if (!agent) return;
    const state = agent.attributes["lk.agent.state"] ?? "initializing";
    if (READY.has(state) && !this.#reason) {
      clearTimeout(this.#deadline);
      if (this.#missed) this.#tell("solved");
      this.#missed = false;
    }
    this.#tell("agent", state);
  }

  #miss() {
    this.#missed = true;
    this.#tell("problem", this.#agent() ? problems.agentStuck() : problems.agentMissing());
  }

  #left(participant) {
    if (participant.kind !== ParticipantKind.AGENT || this.#over || this.#agent()) return;
    clearTimeout(this.#deadline);
    this.#tell("agent", "gone");
    this.#missed = true;
    if (!this.#reason) this.#tell("problem", problems.agentLeft());
    this.#reason = null; // another agent may be sent, and may do better
  }

  #hear(track) {
    if (track.kind !== Track.Kind.Audio) return;
    const sound = track.attach();
    this.#audio.push(sound);
    document.body.append(sound);
    this.#tell("agentTrack", track.mediaStreamTrack);
    sound.play().catch((error) => error.name === "NotAllowedError" && this.#playLater());
  }

  // Asked of the sound itself: the room's own word also counts an audio context, which Firefox may start late or never.
  #playLater() {
    this.#tell("problem", problems.silentSpeaker());
    const play = () => this.#room.startAudio().then(() => this.#tell("solved"));
    for (const gesture of ["keydown", "pointerdown"]) addEventListener(gesture, play, { once: true });
  }

  #ended(reason) {
    clearTimeout(this.#deadline);
    const expected = this.#over || this.#missed; // the trouble with the agent has been told
    this.#over = true;
    for (const sound of this.#audio) sound.remove();
    if (!expected) {
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
