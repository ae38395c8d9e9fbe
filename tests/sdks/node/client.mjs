// Runs a job with AssemblyAI's JavaScript SDK and prints the SDK's events, one JSON object per line.
// The job is described in ../README.md.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

// The SDK is installed in the working directory, not beside this file, so an import statement does not find it.
const { AssemblyAI } = createRequire(`${process.cwd()}/`)("assemblyai");

const BYTES_PER_MS = 32; // 16 kHz, 16 bit, one channel.
const AWAIT_LIMIT_MS = 15_000;

const reported = [];
let wake = () => {};

function report(event, fields = {}) {
  const line = { event, ...fields };
  reported.push(line);
  console.log(JSON.stringify(line));
  wake();
}

const errorFields = (error) => ({ code: error.code, message: error.message });

// An exception in one of the SDK's own listeners ends the program: reports it as a crash.
process.on("uncaughtException", (error) => {
  report("Crash", { message: String(error.stack) });
  process.exit(70);
});
// The SDK's warnings: retries, deprecations.
console.warn = (message) => report("Log", { message });

async function awaitEvent({ event, with: fields = {}, count = 1 }) {
  const end = performance.now() + AWAIT_LIMIT_MS;
  const isMet = (line) =>
    line.event === event && Object.entries(fields).every(([name, value]) => line[name] === value);
  while (reported.filter(isMet).length < count) {
    const left = end - performance.now();
    if (left <= 0) throw new Error(`${count} × ${event} ${JSON.stringify(fields)} did not come`);
    await Promise.race([new Promise((resolve) => (wake = resolve)), sleep(left, undefined, { ref: false })]);
  }
}

async function send(transcriber, { file, ms, frame_ms = 100, paced = false, channels = [undefined] }) {
  const pcm = file ? readFileSync(file).subarray(0, ms * BYTES_PER_MS) : Buffer.alloc(ms * BYTES_PER_MS);
  const start = performance.now();
  for (let at = 0; at < pcm.length; at += frame_ms * BYTES_PER_MS) {
    if (paced) await sleep(Math.max(0, start + at / BYTES_PER_MS - performance.now()));
    const frame = pcm.subarray(at, at + frame_ms * BYTES_PER_MS);
    for (const channel of channels) transcriber.sendAudio(frame, { channel });
  }
}

const actions = {
  send,
  pause: (_, { ms }) => sleep(ms),
  await: (_, step) => awaitEvent(step),
  update: (transcriber, { configuration }) => transcriber.updateConfiguration(configuration),
  force_endpoint: (transcriber) => transcriber.forceEndpoint(),
  keep_alive: (transcriber) => transcriber.keepAlive(),
  async terminate(transcriber) {
    const start = performance.now();
    await transcriber.close();
    report("Closed", { ms: Math.round(performance.now() - start) });
  },
  async close(transcriber) {
    await transcriber.close(false);
    report("Closed");
  },
};

function listen(transcriber) {
  const messages = {
    open: "Begin",
    turn: "Turn",
    speechStarted: "SpeechStarted",
    speakerRevision: "SpeakerRevision",
    llmGatewayResponse: "LLMGatewayResponse",
    warning: "Warning",
    heartbeat: "Heartbeat",
    silence: "Silence",
  };
  for (const [name, event] of Object.entries(messages)) {
    transcriber.on(name, (message) => report(event, message));
  }
  transcriber.on("error", (error) => report("Error", errorFields(error)));
  transcriber.on("close", (code, reason) => report("Close", { code, reason }));
}

const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

async function run(job) {
  const client = new AssemblyAI({ apiKey: job.api_key, streamingBaseUrl: `https://${job.host}` });
  let token = job.token;
  if (job.token_request) {
    try {
      token = await client.streaming.createTemporaryToken(job.token_request);
      report("Token", { token });
    } catch (error) {
      return report("TokenFailed", errorFields(error));
    }
  }
  const parameters = Object.entries(job.parameters).map(([name, value]) => [camelCase(name), value]);
  const transcriber = client.streaming.transcriber({
    websocketBaseUrl: `wss://${job.host}/v3/ws`,
    connectTimeout: job.connect_timeout_ms,
    token,
    ...Object.fromEntries(parameters),
  });
  listen(transcriber);
  try {
    await transcriber.connect();
  } catch (error) {
    return report("ConnectFailed", errorFields(error));
  }
  for (const step of job.steps) {
    try {
      await actions[step.do](transcriber, step);
    } catch (error) {
      if (step.do === "await") throw error;
      report("StepFailed", { step: step.do, ...errorFields(error) });
    }
  }
}

await run(JSON.parse(process.argv[2]));
report("Done");
