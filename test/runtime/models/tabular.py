"""Linear and logistic regression of scikit-learn and trees of XGBoost, exported as their users export them, with and without ZipMap."""
import numpy
import xgboost
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as convert_for_skl2onnx
from skl2onnx import to_onnx, update_registered_converter
from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cases import save

OPSETS = {"": 17, "ai.onnx.ml": 3}


def export_tabular(root, cases):
    regression(root, cases)
    features, classes = load_iris(return_X_y=True)
    features = features.astype(numpy.float32)
    names = numpy.array(["setosa", "versicolor", "virginica"])[classes]
    logistic(root, cases, features, classes, "logistic_regression")
    logistic(root, cases, features, names, "logistic_strings")
    trees(root, cases, features, classes)


def regression(root, cases):
    features, target = load_diabetes(return_X_y=True)
    features = features.astype(numpy.float32)
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(features, target)
    save(to_onnx(model, features[:1], target_opset=OPSETS), root, "tabular/linear_regression")
    for rows in (1, 7, 442):
        wanted = model.predict(features[:rows]).reshape(-1, 1)
        cases.add("linear regression", "tabular/linear_regression", {"X": features[:rows]}, {"variable": wanted}, by="sklearn", tolerance=1e-4)
    cases.add("linear regression of no rows", "tabular/linear_regression", {"X": features[:0]}, {"variable": numpy.zeros((0, 1), numpy.float32)})


def logistic(root, cases, features, classes, name):
    model = LogisticRegression(max_iter=1000).fit(features, classes)
    spoken = name.replace("_", " ")
    save(to_onnx(model, features[:1], options={"zipmap": False}, target_opset=OPSETS), root, f"tabular/{name}")
    save(to_onnx(model, features[:1], target_opset=OPSETS), root, f"zipmap/{name}")
    for rows in (1, 150):
        label, probabilities = model.predict(features[:rows]), model.predict_proba(features[:rows])
        cases.add(spoken, f"tabular/{name}", {"X": features[:rows]}, {"label": label, "probabilities": probabilities}, by="sklearn")
        cases.add(f"{spoken} exported with ZipMap", f"zipmap/{name}", {"X": features[:rows]},
                  {"output_label": label, "output_probability": probabilities}, by="sklearn")


def trees(root, cases, features, classes):
    model = xgboost.XGBClassifier(n_estimators=20, max_depth=3, random_state=7, n_jobs=1).fit(features, classes)
    save(convert_xgboost(model, initial_types=[("x", FloatTensorType([None, 4]))], target_opset=15), root, "tabular/xgboost")
    update_registered_converter(xgboost.XGBClassifier, "XGBoostXGBClassifier", calculate_linear_classifier_output_shapes, convert_for_skl2onnx,
                                options={"nocl": [True, False], "zipmap": [True, False, "columns"]})
    save(to_onnx(model, features[:1], target_opset={"": 15, "ai.onnx.ml": 3}), root, "zipmap/xgboost")
    label, probabilities = model.predict(features), model.predict_proba(features)
    cases.add("XGBoost", "tabular/xgboost", {"x": features}, {"label": label, "probabilities": probabilities}, by="xgboost")
    cases.add("XGBoost exported with ZipMap", "zipmap/xgboost", {"X": features}, {"output_label": label, "output_probability": probabilities}, by="xgboost")
