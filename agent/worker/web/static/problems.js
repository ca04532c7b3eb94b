// What can go wrong in a call, in words: what happened, and what to do about it.

export class Problem extends Error {
  constructor(what, advice) {
    super(what);
    this.advice = advice;
  }
}

export const problems = {
  pageUnreachable: () =>
    new Problem("This site does not answer.", "Check that its server is still running, then try again."),
  secretWanted: () => new Problem("This site gives calls to those who know its secret.", "Enter it and try again."),
  refused: (sentence) => new Problem("The site gave no token.", sentence),
  serverUnreachable: (url) =>
    new Problem(
      `The LiveKit server at ${url} cannot be reached.`,
      "Check that it is running and that this browser may reach it, then try again.",
    ),
  agentMissing: () =>
    new Problem(
      "The agent did not join.",
      "Check that the worker is running. If it has a name (LIVEKIT_AGENT_NAME), the page's server needs the same one. Then end the call and start a new one.",
    ),
  agentStuck: () =>
    new Problem("The agent joined but is not ready.", "It may be waiting for Voice Live: its log says for what."),
  agentLeft: () =>
    new Problem("The agent left the call.", "It stopped or failed: its log says why. End the call and start a new one."),
  agentFailed: (sentence) => new Problem("The agent cannot go on.", sentence),
  connectionLost: () =>
    new Problem("The connection to the LiveKit server was lost.", "Check the network and start a new call."),
  removed: () => new Problem("The call was ended by the other side.", "Start a new one when you like."),
  microphone: (error) => new Problem(microphoneTrouble(error), `${microphoneAdvice(error)} Until then you can type.`),
  loudspeaker: () => new Problem("This loudspeaker cannot be used.", "Choose another one."),
  silentSpeaker: () =>
    new Problem("The browser holds back the sound.", "Press any key or tap the page, and you will hear the agent."),
};

function microphoneTrouble(error) {
  if (!window.isSecureContext) return "The browser gives this page no microphone.";
  if (error.name === "NotAllowedError") return "The microphone was refused.";
  if (error.name === "NotFoundError") return "No microphone was found.";
  return "The microphone cannot be used.";
}

function microphoneAdvice(error) {
  if (!window.isSecureContext) return "Open the page over https, or on this machine as http://127.0.0.1.";
  if (error.name === "NotAllowedError") return "Allow it beside the address of this page, then press Unmute.";
  if (error.name === "NotFoundError") return "Plug one in, then press Unmute.";
  return "Another program may hold it: close that, then press Unmute.";
}
