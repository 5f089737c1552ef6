"""One contestant of `pnpm bench` in Python: answers one JSON line on standard input with one JSON line on standard output.

First it prints {"ready": {facts}}, or {"absent": reason} when a package is missing; a request that fails gets {"error": reason}.
"""
import json
import statistics
import sys
import time
import traceback


def serve(prepare):
    """`prepare()` imports what is needed and returns (facts, answer); `answer(request)` returns a dict."""
    try:
        facts, answer = prepare()
    except ImportError as error:
        say({"absent": f"{error}; run tools/peers/setup"})
        return
    say({"ready": facts})
    for line in sys.stdin:
        try:
            say(answer(json.loads(line)))
        except Exception:  # the bench shows it and stops
            say({"error": traceback.format_exc()})


def say(reply):
    print(json.dumps(reply), flush=True)


def time_calls(work, duration_seconds):
    """The median time of one call within the given time, in seconds; at least one call."""
    seconds = []
    end = time.perf_counter() + duration_seconds
    while True:
        start = time.perf_counter()
        work()
        now = time.perf_counter()
        seconds.append(now - start)
        if now >= end:
            return statistics.median(seconds)
