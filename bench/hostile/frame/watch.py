"""Requests a page again and again, in a process of its own, so that the attack's threads do not delay it. At SIGTERM, prints a
line of JSON: the longest wait in seconds, the failures, and the number of requests.

    watch.py URL [AUTHORIZATION]
"""
import http.client
import json
import signal
import sys
import threading
import time
import urllib.request

PATIENCE, PAUSE = 10, 0.2


def main():
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    request = urllib.request.Request(sys.argv[1], headers={"Authorization": sys.argv[2]} if len(sys.argv) > 2 else {})
    worst, failures, requests = 0.0, [], 0
    while not ended.is_set():
        begin = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                answer.read()
        except (OSError, http.client.HTTPException) as failed:
            failures.append(repr(failed))
        requests += 1
        worst = max(worst, time.monotonic() - begin)
        ended.wait(PAUSE)
    print(json.dumps({"worst": worst, "failures": failures, "requests": requests}))


main()
