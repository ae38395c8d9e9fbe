"""Runs a job with Pipecat's service for AssemblyAI and prints what it reports, one JSON object per line.

The job is described in ../README.md; of the steps, only one `send` is possible.
"""

import asyncio
import json
import sys

from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.assemblyai.stt import AssemblyAISTTService
from pipecat.workers.runner import WorkerRunner

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 20  # As Pipecat's transports deliver sound.


def report(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Reporter(FrameProcessor):
    """Reports the transcript's frames and passes on all."""

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            report("final_transcript", text=frame.text)
        elif isinstance(frame, InterimTranscriptionFrame):
            report("interim_transcript", text=frame.text)
        elif isinstance(frame, ErrorFrame):
            report("Error", message=frame.error)
        await self.push_frame(frame, direction)


async def send(worker, ms, file, paced=False):
    frame_bytes = SAMPLE_RATE_HZ * FRAME_MS // 1000 * 2
    with open(file, "rb") as audio:
        pcm = audio.read(SAMPLE_RATE_HZ * ms // 1000 * 2)
    start = asyncio.get_running_loop().time()
    for count, at in enumerate(range(0, len(pcm), frame_bytes)):
        if paced:
            await asyncio.sleep(start + count * FRAME_MS / 1000 - asyncio.get_running_loop().time())
        await worker.queue_frame(InputAudioRawFrame(pcm[at : at + frame_bytes], SAMPLE_RATE_HZ, 1))
    await worker.queue_frame(EndFrame())


async def run(job):
    service = AssemblyAISTTService(
        api_key=job["api_key"],
        api_endpoint_base_url=f"wss://{job['host']}/v3/ws",
        sample_rate=SAMPLE_RATE_HZ,
        **job["plugin"],
    )
    worker = PipelineWorker(
        # Errors go upstream, transcripts downstream.
        Pipeline([Reporter(), service, Reporter()]),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
        params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE_HZ),
    )
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def on_pipeline_started(_worker, _frame):
        started.set()

    async def speak():
        await asyncio.wait_for(started.wait(), timeout=15)
        (step,) = job["steps"]
        step.pop("do")
        await send(worker, **step)

    runner = WorkerRunner()
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), speak())


logger.remove()
logger.add(lambda message: report("Log", message=message.record["message"]), level="WARNING")
asyncio.run(run(json.loads(sys.argv[1])))
report("Done")
