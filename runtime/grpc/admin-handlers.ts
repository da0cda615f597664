/** The calls of GRPCInferenceService that change the server, over the admin plane; where there is none they say how to have it. */
import type {
  LogSettingsRequest__Output,
  _inference_LogSettingsRequest_SettingValue__Output as LogValue,
} from '../../proto/gen/inference/LogSettingsRequest.js';
import type { ModelRepositoryParameter__Output as LoadParameter } from '../../proto/gen/inference/ModelRepositoryParameter.js';
import type { TraceSettingRequest__Output } from '../../proto/gen/inference/TraceSettingRequest.js';
import { invalidArgument } from '../core/inference-error.js';
import { type AdminPlane, newNoCudaMemory, requireAdmin } from '../dataplane/admin-plane.js';
import type { SettingValue } from '../dataplane/log-settings.js';
import type { LoadParameters } from '../dataplane/ports.js';
import type { InferenceHandlers } from './inference-service.js';

export function newAdminHandlers(admin: AdminPlane | undefined) {
  const memory = () => requireAdmin(admin, 'System shared memory').sharedMemory;
  return {
    RepositoryModelLoad: async (request) => {
      const plane = requireAdmin(admin, 'Loading models');
      const name = nameOf(request);
      await plane.load(name, readLoadParameters(request.parameters));
      return { model_name: name, isLoaded: true };
    },
    RepositoryModelUnload: async (request) => {
      const plane = requireAdmin(admin, 'Unloading models');
      const name = nameOf(request);
      await plane.unload(name);
      return { model_name: name, isUnloaded: true };
    },
    SystemSharedMemoryStatus: ({ name }) => {
      const regions = memory().regions(name);
      return {
        regions: Object.fromEntries(
          regions.map((region) => [region.name, { name: region.name, key: region.key, offset: region.offset, byte_size: region.byteSize }]),
        ),
      };
    },
    SystemSharedMemoryRegister: ({ name, key, offset, byte_size }) => {
      memory().register({ name, key, offset: Number(offset), byteSize: Number(byte_size) });
      return {};
    },
    // With shared memory off there is nothing to unregister: perf_analyzer does it at its start, whatever the server has.
    SystemSharedMemoryUnregister: ({ name }) => {
      admin?.sharedMemory.unregister(name);
      return {};
    },
    CudaSharedMemoryStatus: () => ({ regions: {} }),
    CudaSharedMemoryRegister: () => {
      throw newNoCudaMemory();
    },
    CudaSharedMemoryUnregister: () => ({}),
    TraceSetting: ({ settings, model_name }: TraceSettingRequest__Output) => {
      const { trace } = requireAdmin(admin, 'Trace settings');
      trace.change(model_name, new Map(Object.entries(settings).map(([name, { value }]) => [name, value])));
      const values = Object.entries(trace.read(model_name)).map(([name, value]) => [name, { value: [...value] }]);
      return { settings: Object.fromEntries(values) };
    },
    LogSettings: ({ settings }: LogSettingsRequest__Output) => {
      const { log } = requireAdmin(admin, 'Log settings');
      log.change(new Map(Object.entries(settings).map(([name, value]) => [name, readLogValue(name, value)])));
      return { settings: Object.fromEntries(Object.entries(log.read()).map(([name, value]) => [name, writeLogValue(value)])) };
    },
  } satisfies InferenceHandlers;
}

/** Clients of KServe put the model's name into the first field, which is the repository's for Triton's. */
function nameOf({ repository_name, model_name }: { repository_name: string; model_name: string }): string {
  const name = model_name === '' ? repository_name : model_name;
  if (name === '') throw invalidArgument("field 'model_name' is empty: name the model");
  return name;
}

function readLoadParameters(parameters: Readonly<Record<string, LoadParameter>>): LoadParameters {
  return new Map(
    Object.entries(parameters).map(([name, { parameter_choice, bool_param, int64_param, string_param, bytes_param }]) => {
      const value = bool_param ?? string_param ?? bytes_param ?? (int64_param === undefined ? undefined : Number(int64_param));
      if (value === undefined) throw invalidArgument(`parameter '${name}' has no value (${parameter_choice ?? 'none is set'})`);
      return [name, value];
    }),
  );
}

function readLogValue(name: string, { bool_param, uint32_param, string_param }: LogValue): SettingValue {
  const value = bool_param ?? uint32_param ?? string_param;
  if (value === undefined) throw invalidArgument(`log setting '${name.slice(0, 64)}' has no value`);
  return value;
}

function writeLogValue(value: SettingValue): { bool_param: boolean } | { uint32_param: number } | { string_param: string } {
  if (typeof value === 'boolean') return { bool_param: value };
  return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
}
