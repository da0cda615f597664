/** From a picture to the tensor that the PP-OCRv4 recogniser expects: FP32 [1, 3, 48, W], BGR, scaled to [-1, 1]. */
import { PNG } from 'pngjs';

/** Height of the lines that the recogniser was trained on, in pixels. */
export const LINE_HEIGHT = 48;

export interface ImageTensor {
  readonly shape: readonly [1, 3, typeof LINE_HEIGHT, number];
  readonly values: Float32Array;
}

/** Decodes a PNG and resizes it (bilinear) to the line height, keeping its proportions. */
export function computeImageTensor(png: Buffer): ImageTensor {
  const image = PNG.sync.read(png);
  const width = Math.max(1, Math.round((image.width * LINE_HEIGHT) / image.height));
  const values = new Float32Array(3 * LINE_HEIGHT * width);
  for (let y = 0; y < LINE_HEIGHT; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = ((x + 0.5) * image.width) / width - 0.5;
      const sourceY = ((y + 0.5) * image.height) / LINE_HEIGHT - 0.5;
      for (let channel = 0; channel < 3; channel++) {
        const pixel = sampleBilinear(image, sourceX, sourceY, 2 - channel);
        values[channel * LINE_HEIGHT * width + y * width + x] = (pixel / 255 - 0.5) / 0.5;
      }
    }
  }
  return { shape: [1, 3, LINE_HEIGHT, width], values };
}

function sampleBilinear(image: PNG, x: number, y: number, channel: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = x - left;
  const down = y - top;
  const upper = pixelAt(image, left, top, channel) * (1 - right) + pixelAt(image, left + 1, top, channel) * right;
  const lower = pixelAt(image, left, top + 1, channel) * (1 - right) + pixelAt(image, left + 1, top + 1, channel) * right;
  return upper * (1 - down) + lower * down;
}

function pixelAt(image: PNG, x: number, y: number, channel: number): number {
  const column = Math.min(Math.max(x, 0), image.width - 1);
  const row = Math.min(Math.max(y, 0), image.height - 1);
  return image.data[(row * image.width + column) * 4 + channel] ?? 0;
}
