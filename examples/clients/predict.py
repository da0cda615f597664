"""Asks the model iris over gRPC: predict.py [ADDRESS] (pip install 'tritonclient[grpc]')."""
import sys

import numpy as np
import tritonclient.grpc as triton

client = triton.InferenceServerClient(sys.argv[1] if len(sys.argv) > 1 else "localhost:8001")
flower = np.array([[5.1, 3.5, 1.4, 0.2]], dtype=np.float32)  # length and width of sepal and petal, in cm

x = triton.InferInput("X", flower.shape, "FP32")
x.set_data_from_numpy(flower)
answer = client.infer("iris", [x], client_timeout=5)
print(answer.as_numpy("label")[0].decode(), f"{answer.as_numpy('probabilities').max():.3f}")
