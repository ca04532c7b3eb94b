// How loud a track is at this moment, and when it was last heard. Knows sound, not calls.

const AUDIBLE = 0.012; // root mean square of full scale: about -38 dB
const POLL_MS = 40;
const PAUSE_MS = 250; // shorter gaps belong to one stretch of sound

export class Loudness {
  level = 0;
  heardAt = 0; // performance.now() at the last audible moment; 0: never
  onsetAt = 0; // at the start of the latest stretch of sound
  #context;
  #source = null;
  #analyser;
  #timer;

  constructor(onLevel = () => {}) {
    this.#context = new AudioContext();
    this.#analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#timer = setInterval(() => {
      this.#analyser.getFloatTimeDomainData(samples);
      this.#measured(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
      onLevel(this.level);
    }, POLL_MS);
  }

  listen(mediaStreamTrack) {
    this.#source?.disconnect();
    this.#source = null;
    if (!mediaStreamTrack) return;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
    this.#source.connect(this.#analyser);
    this.#context.resume();
  }

  close() {
    clearInterval(this.#timer);
    this.listen(null);
    this.#context.close();
  }

  #measured(level) {
    const now = performance.now();
    this.level = level;
    if (level < AUDIBLE) return;
    if (now - this.heardAt > PAUSE_MS) this.onsetAt = now;
    this.heardAt = now;
  }
}
