"""Runs a job with AssemblyAI's Python SDK and prints the SDK's events, one JSON object per line.

The job is described in ../README.md.
"""

import json
import logging
import os
import sys
import threading
import time

from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    StreamingSessionParameters,
)

BYTES_PER_MS = 32  # 16 kHz, 16 bit, one channel.
AWAIT_LIMIT_S = 15

reported = []
changed = threading.Condition()


def report(event, **fields):
    line = {"event": event, **fields}
    with changed:
        reported.append(line)
        print(json.dumps(line), flush=True)
        changed.notify_all()


def crashed(args):
    """Reports an exception in a thread of the SDK and ends the program; by default only the thread would end."""
    report("Crash", message=f"{args.exc_type.__name__}: {args.exc_value}")
    os._exit(70)


class LogReport(logging.Handler):
    """The SDK's warnings: messages of an unknown type, deprecations, its errors."""

    def emit(self, record):
        report("Log", message=record.getMessage())


def await_event(client, event, count=1, **step):
    fields = step.get("with", {}).items()

    def is_met(line):
        return line["event"] == event and all(line.get(name) == value for name, value in fields)

    with changed:
        if not changed.wait_for(lambda: sum(map(is_met, reported)) >= count, AWAIT_LIMIT_S):
            raise TimeoutError(f"{count} × {event} {dict(fields)} did not come")


def send(client, ms, file=None, frame_ms=100, paced=False):
    pcm = bytes(ms * BYTES_PER_MS)
    if file:
        with open(file, "rb") as audio:
            pcm = audio.read(ms * BYTES_PER_MS)
    start = time.monotonic()
    for at in range(0, len(pcm), frame_ms * BYTES_PER_MS):
        if paced:
            time.sleep(max(0, start + at / BYTES_PER_MS / 1000 - time.monotonic()))
        client.stream(pcm[at : at + frame_ms * BYTES_PER_MS])


def terminate(client):
    start = time.monotonic()
    client.disconnect(terminate=True)
    report("Closed", ms=round((time.monotonic() - start) * 1000))


def close(client):
    client.disconnect()
    report("Closed")


ACTIONS = {
    "send": send,
    "pause": lambda _, ms: time.sleep(ms / 1000),
    "await": await_event,
    "update": lambda client, configuration: client.set_params(StreamingSessionParameters(**configuration)),
    "force_endpoint": lambda client: client.force_endpoint(),
    "keep_alive": lambda client: client.keep_alive(),
    "terminate": terminate,
    "close": close,
}


def listen(client):
    for event in StreamingEvents:
        if event is StreamingEvents.Error:
            client.on(event, lambda _, error: report("Error", code=error.code, message=str(error)))
        else:
            # The default argument binds the name of this iteration.
            client.on(event, lambda _, message, name=event.value: report(name, **message.model_dump(mode="json")))


def run(job):
    options = {"api_host": job["host"], "api_key": job.get("api_key"), "token": job.get("token")}
    if job.get("connect_timeout_ms"):
        options["connect_timeout"] = job["connect_timeout_ms"] / 1000
    if job.get("token_request"):
        try:
            token = StreamingClient(StreamingClientOptions(**options)).create_temporary_token(**job["token_request"])
        except Exception as error:
            code = getattr(getattr(error, "response", None), "status_code", None)
            report("TokenFailed", code=code, message=str(error), kind=type(error).__name__)
            return
        report("Token", token=token)
        options.update(api_key=None, token=token)
    client = StreamingClient(StreamingClientOptions(**options))
    listen(client)
    client.connect(StreamingParameters(**job["parameters"]))
    for step in job["steps"]:
        ACTIONS[step.pop("do")](client, **step)
    # The client's threads would keep the program running.
    client.disconnect()


threading.excepthook = crashed
logging.getLogger("assemblyai").addHandler(LogReport(logging.WARNING))
run(json.loads(sys.argv[1]))
report("Done")
