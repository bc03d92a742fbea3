"""`python3 -m jupyter_cluster.keeper`, with its configuration as one JSON object on standard input."""

import json
import sys

from .keeper import Keeper

if __name__ == "__main__":
    Keeper(json.load(sys.stdin)).run()
