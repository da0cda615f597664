"""Trains the model that the examples ask, and exports it: train_iris.py FILE (pip install scikit-learn skl2onnx)."""
import sys

import numpy
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, species = load_iris(return_X_y=True)
features = features.astype(numpy.float32)
names = numpy.array(["setosa", "versicolor", "virginica"])[species]
model = LogisticRegression(max_iter=1000).fit(features, names)
with open(sys.argv[1], "wb") as file:
    file.write(to_onnx(model, features[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3}).SerializeToString())
