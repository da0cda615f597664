"""Starts BentoML's own command in this process."""
import os
import sys

from onnx_model import PORT

command = os.path.join(os.path.dirname(sys.executable), "bentoml")
os.execv(command, [command, "serve", "service:Bench", "--host", "127.0.0.1", "--port", str(PORT)])
