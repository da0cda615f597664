#!/bin/sh
# Asks the model iris over HTTP, with binary tensors: predict-curl-binary.sh [ADDRESS]. JSON comes first, then the tensors' bytes.
set -eu
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
json='{"inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 4], "parameters": {"binary_data_size": 16}}],
"outputs": [{"name": "label", "parameters": {"binary_data": true}}]}'
{ printf '%s' "$json"; perl -e 'print pack "f<4", 5.1, 3.5, 1.4, 0.2'; } >"$folder/request"
curl --silent --show-error --fail-with-body --max-time 5 "http://${1:-localhost:8000}/v2/models/iris/infer" --data-binary "@$folder/request" \
  -H 'Content-Type: application/octet-stream' -H "Inference-Header-Content-Length: ${#json}" --dump-header "$folder/headers" --output "$folder/answer"
length=$(tr -d '\r' <"$folder/headers" | sed -n 's/^[Ii]nference-[Hh]eader-[Cc]ontent-[Ll]ength: //p')
tail -c "+$((length + 5))" "$folder/answer" # after the JSON, a string has its length in front, in four bytes
echo
