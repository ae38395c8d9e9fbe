"""Streams samples from a file with AssemblyAI's Python SDK, in real time, and prints the finals.

Arguments: the address of the service, the file of samples (16 kHz, 16 bit, one channel).
"""

import sys
import time

from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
)

FRAME_BYTES = 3200  # 100 ms.


def on_turn(_, turn):
    if turn.end_of_turn:
        print(turn.transcript, flush=True)


def frames(path):
    start = time.monotonic()
    with open(path, "rb") as samples:
        sent = 0
        while frame := samples.read(FRAME_BYTES):
            time.sleep(max(0, start + sent / 32_000 - time.monotonic()))
            sent += len(frame)
            yield frame


client = StreamingClient(StreamingClientOptions(api_key="key-of-a-bench", api_host=sys.argv[1], connect_timeout=10))
client.on(StreamingEvents.Turn, on_turn)
client.connect(StreamingParameters(sample_rate=16_000, speech_model="u3-rt-pro"))
client.stream(frames(sys.argv[2]))
client.disconnect(terminate=True)
