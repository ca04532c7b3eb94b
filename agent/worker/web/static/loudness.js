// How loud a track is at this moment. Knows sound, not calls.

const POLL_MS = 40;

export class Loudness {
  #context = new AudioContext();
  #analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
  #source = null;
  #timer;

  // onLevel is told the root mean square, 0 to 1, again and again
  constructor(onLevel) {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#timer = setInterval(() => {
      this.#analyser.getFloatTimeDomainData(samples);
      onLevel(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    }, POLL_MS);
  }

  listen(mediaStreamTrack) {
    this.#source?.disconnect();
    this.#source = null;
    if (!mediaStreamTrack) return;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
    this.#source.connect(this.#analyser);
    this.#context.resume().catch(() => {}); // closed meanwhile: there is nothing to measure
  }

  close() {
    clearInterval(this.#timer);
    this.listen(null);
    this.#context.close();
  }
}
