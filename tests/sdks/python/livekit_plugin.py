"""Runs a job with LiveKit's plug-in for AssemblyAI and prints what it reports, one JSON object per line.

The job is described in ../README.md; of the steps, only one `send` is possible.
"""

import asyncio
import json
import logging
import sys

import aiohttp
from livekit import rtc
from livekit.agents import APIConnectOptions, stt
from livekit.plugins import assemblyai

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 20  # As LiveKit's rooms deliver sound.


def report(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class LogReport(logging.Handler):
    """The plug-in's warnings: refused parameters, connections that it lost."""

    def emit(self, record):
        report("Log", message=record.getMessage())


async def send(stream, ms, file, paced=False):
    frame_bytes = SAMPLE_RATE_HZ * FRAME_MS // 1000 * 2
    with open(file, "rb") as audio:
        pcm = audio.read(SAMPLE_RATE_HZ * ms // 1000 * 2)
    start = asyncio.get_running_loop().time()
    for count, at in enumerate(range(0, len(pcm), frame_bytes)):
        if paced:
            await asyncio.sleep(start + count * FRAME_MS / 1000 - asyncio.get_running_loop().time())
        data = pcm[at : at + frame_bytes]
        stream.push_frame(rtc.AudioFrame(data, SAMPLE_RATE_HZ, 1, len(data) // 2))
    stream.end_input()


async def run(job):
    async with aiohttp.ClientSession() as session:
        speech_to_text = assemblyai.STT(
            api_key=job["api_key"],
            base_url=f"wss://{job['host']}",
            sample_rate=SAMPLE_RATE_HZ,
            http_session=session,
            **job["plugin"],
        )
        # A lost connection is an error of the test instead of a new attempt.
        stream = speech_to_text.stream(conn_options=APIConnectOptions(max_retry=0, timeout=15))
        (step,) = job["steps"]
        step.pop("do")
        sending = asyncio.create_task(send(stream, **step))
        try:
            async for event in stream:
                text = event.alternatives[0].text if event.alternatives else ""
                report(event.type.value, text=text)
        except Exception as error:
            report("Error", message=f"{type(error).__name__}: {error}")
        finally:
            sending.cancel()
            await stream.aclose()


logging.getLogger("livekit").addHandler(LogReport(logging.WARNING))
asyncio.run(run(json.loads(sys.argv[1])))
report("Done")
