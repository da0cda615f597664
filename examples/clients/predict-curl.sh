#!/bin/sh
# Asks the model iris over HTTP, in JSON: predict-curl.sh [ADDRESS]
set -eu
curl --silent --show-error --fail-with-body --max-time 5 "http://${1:-localhost:8000}/v2/models/iris/infer" -d '{
  "inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 4], "data": [[5.1, 3.5, 1.4, 0.2]]}],
  "outputs": [{"name": "label"}]
}' | sed 's/.*"data":\["\([^"]*\)"\].*/\1/'
echo
