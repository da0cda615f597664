"""Writes the four kinds of models of the field, and what they have to answer: export.py FOLDER OCR_FOLDER VAD_FILE [GROUP …]."""
import sys

from cases import Cases


def main(root, ocr_folder, vad_file, *groups):
    cases = Cases(root)
    wanted = groups or ("tabular", "networks", "transformer", "shapes")
    if "tabular" in wanted:
        from tabular import export_tabular
        export_tabular(root, cases)
    if "networks" in wanted:
        from networks import export_networks
        export_networks(root, cases, ocr_folder, vad_file)
    if "transformer" in wanted:
        from transformer import export_transformer
        export_transformer(root, cases)
    if "shapes" in wanted:
        from shapes import export_shapes
        export_shapes(root, cases)
    cases.close()


main(*sys.argv[1:])
