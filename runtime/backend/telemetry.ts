/** ONNX Runtime 1.29 and later send usage data on Linux, model names among them, unless this is set before its library loads. */
import process from 'node:process';

/** In every process and thread that loads the library, before it does. */
export function disableTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}
