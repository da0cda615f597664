"""The cases that cases.py wrote, for clients, whose environment has no onnxruntime."""
import json
import os

import numpy


def read_cases(root, group):
    with open(os.path.join(root, "cases", "cases.json"), encoding="utf8") as file:
        for entry in json.load(file):
            if entry["group"] != group:
                continue
            arrays = numpy.load(os.path.join(root, "cases", entry["file"]))
            parts = {kind: {key[len(kind) + 1:]: arrays[key] for key in arrays.files if key.startswith(f"{kind}:")} for kind in ("in", "out")}
            yield {**entry, "inputs": parts["in"], "wanted": parts["out"]}
