"""What a served model has to answer: inputs and wanted outputs, written by the exporters and read by the clients.

A case is one request. `wanted` comes from the library that trained the model, from onnxruntime for Python, or from both (`by` says
which); `tolerance` is the largest absolute difference allowed, relative to max(1, |wanted|). Strings and integers must be equal.
"""
import json
import os

import numpy
import onnx
import onnxruntime


class Cases:
    def __init__(self, root):
        self.root = root
        self.entries = []
        os.makedirs(os.path.join(root, "cases"), exist_ok=True)

    def add(self, name, path, inputs, wanted, **facts):
        """facts: by, tolerance (1e-5), state ({output: input} that the next case of the same name goes on with),
        sequence (the id under which the server keeps that state)."""
        file = f"{len(self.entries)}.npz"
        arrays = {**{f"in:{key}": plain(value) for key, value in inputs.items()}, **{f"out:{key}": plain(value) for key, value in wanted.items()}}
        numpy.savez(os.path.join(self.root, "cases", file), **arrays)
        self.entries.append({"name": name, "group": path.split("/")[0], "model": path.split("/")[1], "file": file, "tolerance": 1e-5, "by": "onnxruntime", **facts})

    def add_run(self, name, path, inputs, outputs=None, **facts):
        """Wanted is what onnxruntime for Python answers."""
        session = open_session(model_path(self.root, path))
        names = outputs or [output.name for output in session.get_outputs()]
        wanted = dict(zip(names, session.run(names, inputs)))
        self.add(name, path, inputs, wanted, **facts)
        return wanted

    def close(self):
        with open(os.path.join(self.root, "cases", "cases.json"), "w", encoding="utf8") as file:
            json.dump(self.entries, file)


def plain(value):
    """Without objects, so that it loads without pickle."""
    value = numpy.asarray(value)
    return value.astype(numpy.str_) if value.dtype == object else value


def model_path(root, path):
    """`path` is GROUP/MODEL: the models of a group are served by one server."""
    return os.path.join(root, path, "1", "model.onnx")


def save(model, root, path, **options):
    path = model_path(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    onnx.save(model, path, **options)


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
