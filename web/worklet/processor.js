// The AudioWorkletProcessor. Its messages must match src/contract.rs.
"use strict";

class CaptureProcessor extends AudioWorkletProcessor {
  #wasm;
  #input;
  #samples = 0;
  #endFrame = Infinity;
  #ended = false;

  constructor(options) {
    super();
    // Synchronous and without imports: a worklet has no fetch, and lacks what wasm-bindgen's glue needs. If anything
    // throws here, the page gets a `processorerror`.
    const module = new WebAssembly.Module(options.processorOptions.wasm);
    this.#wasm = new WebAssembly.Instance(module).exports;
    if (!this.#wasm.capture_start(Math.round(sampleRate))) {
      throw new RangeError(`unsupported sample rate ${sampleRate} Hz`);
    }
    this.port.onmessage = ({ data }) => {
      if (data.type === "finish" && !this.#ended) {
        this.#endFrame = Math.min(this.#endFrame, currentFrame + (data.afterMs * sampleRate) / 1000);
        // At once rather than with the next block: a stalled context delivers none.
        if (!(this.#endFrame > currentFrame)) {
          this.#end();
        }
      }
    };
  }

  process([input]) {
    if (this.#ended) {
      return false; // The browser keeps calling while a source is connected.
    }
    const framesLeft = this.#endFrame - currentFrame;
    // By the context's clock, because blocks stop when the source is gone. The condition is also true for NaN, so that
    // an invalid afterMs ends the recording at once rather than never.
    if (!(framesLeft > 0)) {
      this.#end();
      return false;
    }
    const block = input?.[0]; // No channels while no source is connected.
    if (block) {
      this.#capture(framesLeft < block.length ? block.subarray(0, Math.ceil(framesLeft)) : block);
    }
    return true;
  }

  #capture(block) {
    const capacity = this.#wasm.capture_input_frames();
    if (block.length > capacity) {
      this.#capture(block.subarray(0, capacity));
      this.#capture(block.subarray(capacity));
      return;
    }
    this.#inputView().set(block);
    this.#wasm.capture_push(block.length);
    for (let samples; (samples = this.#wasm.capture_next_chunk()) > 0; ) {
      this.#post(samples);
    }
  }

  #end() {
    this.#ended = true;
    for (let samples; (samples = this.#wasm.capture_last_chunk()) > 0; ) {
      this.#post(samples);
    }
    this.port.postMessage({ type: "end", samples: this.#samples });
  }

  #post(samples) {
    const view = new Int16Array(this.#wasm.memory.buffer, this.#wasm.capture_pcm(), samples);
    const pcm = view.slice().buffer; // A copy, which can be transferred to the page.
    this.port.postMessage({ type: "chunk", pcm, peak: this.#wasm.capture_peak() }, [pcm]);
    this.#samples += samples;
  }

  // Reused for all blocks; recreated if the wasm's memory has grown, because that detaches the view.
  #inputView() {
    const { buffer } = this.#wasm.memory;
    if (this.#input?.buffer !== buffer) {
      this.#input = new Float32Array(buffer, this.#wasm.capture_input(), this.#wasm.capture_input_frames());
    }
    return this.#input;
  }
}

registerProcessor("transcription-capture", CaptureProcessor);
