#!/bin/sh
# Asks the model iris over gRPC: predict-grpcurl.sh [ADDRESS] (go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3)
set -eu
answer=$(grpcurl -plaintext -max-time 5 -d '{
  "model_name": "iris",
  "inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 4], "contents": {"fp32_contents": [5.1, 3.5, 1.4, 0.2]}}],
  "outputs": [{"name": "label"}]
}' "${1:-localhost:8001}" inference.GRPCInferenceService/ModelInfer)
printf '%s' "$answer" | tr -d ' \n' | sed 's/.*"bytesContents":\["\([^"]*\)"\].*/\1/' | base64 -d # JSON has bytes in base64
echo
