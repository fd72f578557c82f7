const notes = [523.25, 659.25, 783.99, 1046.5];
const apartSeconds = 0.11;
const loudness = 0.16;

/** Plays a short rising chord, made on the spot, so that no file is loaded. A browser that wants a click first stays silent. */
export function createSound() {
  let context;
  return async function play() {
    context ??= new AudioContext();
    if (context.state === 'suspended') await context.resume();
    notes.forEach((frequency, index) =>
      playNote(context, frequency, context.currentTime + index * apartSeconds),
    );
  };
}

function playNote(context, frequency, at) {
  const tone = new OscillatorNode(context, { type: 'triangle', frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(loudness, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.7);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.75);
}
