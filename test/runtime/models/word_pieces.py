"""BERT's uncased WordPiece (longest match first, `##` inside a word), enough for plain English sentences."""
import re

import numpy


def encode(sentences, vocabulary_path):
    """Model inputs for the sentences, padded to the longest, as sentence-transformers makes them."""
    with open(vocabulary_path, encoding="utf8") as file:
        vocabulary = {line.rstrip("\n"): index for index, line in enumerate(file)}
    rows = [["[CLS]", *(piece for word in re.findall(r"\w+|[^\w\s]", text.lower()) for piece in split(word, vocabulary)), "[SEP]"] for text in sentences]
    width = max(map(len, rows))
    ids = numpy.zeros((len(rows), width), numpy.int64)
    for index, row in enumerate(rows):
        ids[index, :len(row)] = [vocabulary[piece] for piece in row]
    mask = numpy.array([[1] * len(row) + [0] * (width - len(row)) for row in rows], numpy.int64)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}


def split(word, vocabulary):
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                pieces.append(piece)
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces
