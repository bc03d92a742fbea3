"""Saves numbered lines on shared files, each synchronised before it is told: DIRECTORY STOP-FILE."""

import os
import sys
import time

directory, stop = sys.argv[1:]


def synchronised(path, mode, text):
    with open(path, mode, encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def save(number):
    os.makedirs(directory, exist_ok=True)
    synchronised(f"{directory}/log", "a", f"{number}\n")
    # As editors save: beside, then renamed over the old one.
    synchronised(f"{directory}/.next", "w", f"{number}\n")
    os.rename(f"{directory}/.next", f"{directory}/last")


number = 0
while not os.path.exists(stop):
    number += 1
    begun = time.monotonic()
    try:
        save(number)
        outcome = "saved"
    except OSError as error:
        outcome = f"failed: {error.strerror}"
    print(number, round((time.monotonic() - begun) * 1000), outcome, flush=True)
    time.sleep(0.02)
