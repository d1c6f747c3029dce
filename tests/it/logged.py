"""Prints what TensorBoard's own reader makes of a folder: runs, their scalars, steps and values."""

import json
import sys

from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

runs = EventMultiplexer().AddRunsFromDirectory(sys.argv[1])
runs.Reload()
found = {}
for run, tags in runs.Runs().items():
    scalars = {tag: runs.Scalars(run, tag) for tag in tags["scalars"]}
    found[run] = {tag: [[e.wall_time, e.step, e.value] for e in of] for tag, of in scalars.items()}
print(json.dumps(found))
