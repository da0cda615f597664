/** Triton's calls that change the server: repository, shared memory, trace and log settings. They act on the admin port alone. */
import type { LogSettingsRequest__Output } from '../../proto/gen/inference/LogSettingsRequest.js';
import type { ModelRepositoryParameter__Output } from '../../proto/gen/inference/ModelRepositoryParameter.js';
import type { TraceSettingRequest__Output } from '../../proto/gen/inference/TraceSettingRequest.js';
import { invalidArgument } from '../core/inference-error.js';
import { type AdminPlane, newNoCudaMemory, requireAdmin } from '../dataplane/admin-plane.js';
import type { SettingValue } from '../dataplane/log-settings.js';
import type { LoadParameters } from '../dataplane/ports.js';
import type { InferenceHandlers } from './inference-service.js';

/** `admin` undefined: they answer UNIMPLEMENTED and say how to switch them on. */
export function newAdminHandlers(admin: AdminPlane | undefined) {
  return { ...newRepositoryHandlers(admin), ...newMemoryHandlers(admin), ...newSettingHandlers(admin) };
}

/** KServe has the model's name in field 1, where Triton has the repository's: who leaves field 2 empty means field 1. */
function newRepositoryHandlers(admin: AdminPlane | undefined) {
  return {
    RepositoryModelLoad: async ({ repository_name, model_name, parameters }) => {
      const name = model_name === '' ? repository_name : model_name;
      await requireAdmin(admin, 'Loading models').load(name, readLoadParameters(parameters));
      return { model_name: name, isLoaded: true };
    },
    RepositoryModelUnload: async ({ repository_name, model_name }) => {
      const name = model_name === '' ? repository_name : model_name;
      await requireAdmin(admin, 'Unloading models').unload(name);
      return { model_name: name, isUnloaded: true };
    },
  } satisfies InferenceHandlers;
}

function newMemoryHandlers(admin: AdminPlane | undefined) {
  const memory = () => requireAdmin(admin, 'System shared memory').sharedMemory;
  return {
    SystemSharedMemoryStatus: ({ name }) => ({
      regions: Object.fromEntries(
        memory()
          .regions(name)
          .map((region) => [region.name, { name: region.name, key: region.key, offset: region.offset, byte_size: region.byteSize }]),
      ),
    }),
    SystemSharedMemoryRegister: ({ name, key, offset, byte_size }) => {
      memory().register({ name, key, offset: readSize('offset', offset), byteSize: readSize('byte_size', byte_size) });
      return {};
    },
    SystemSharedMemoryUnregister: ({ name }) => {
      memory().unregister(name);
      return {};
    },
    // perf_analyzer asks for both kinds to be empty, whichever it uses
    CudaSharedMemoryStatus: () => ({ regions: {} }),
    CudaSharedMemoryUnregister: () => ({}),
    CudaSharedMemoryRegister: () => {
      throw newNoCudaMemory();
    },
  } satisfies InferenceHandlers;
}

function newSettingHandlers(admin: AdminPlane | undefined) {
  return {
    TraceSetting: ({ model_name, settings }) => {
      const { trace } = requireAdmin(admin, 'Trace settings');
      const changes = readTraceSettings(settings);
      if (changes.size > 0) trace.change(model_name, changes);
      const current = Object.entries(trace.read(model_name)).map(([name, value]) => [name, { value: [...value] }]);
      return { settings: Object.fromEntries(current) };
    },
    LogSettings: ({ settings }) => {
      const { log } = requireAdmin(admin, 'Log settings');
      const changes = readLogSettings(settings);
      if (changes.size > 0) log.change(changes);
      return { settings: Object.fromEntries(Object.entries(log.read()).map(([name, value]) => [name, writeSetting(value)])) };
    },
  } satisfies InferenceHandlers;
}

function readTraceSettings(settings: TraceSettingRequest__Output['settings']): Map<string, readonly string[]> {
  return new Map(Object.entries(settings).map(([name, { value }]) => [name, value]));
}

function readLogSettings(settings: LogSettingsRequest__Output['settings']): Map<string, SettingValue> {
  const changes = Object.entries(settings).map(([name, { bool_param, uint32_param, string_param }]) => {
    const value: SettingValue | undefined = bool_param ?? uint32_param ?? string_param;
    if (value === undefined) throw invalidArgument(`log setting '${name.slice(0, 64)}' is empty: give a boolean, a number or a text`);
    return [name, value] as const;
  });
  return new Map(changes);
}

function writeSetting(value: SettingValue) {
  if (typeof value === 'boolean') return { bool_param: value };
  return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
}

function readLoadParameters(parameters: Readonly<Record<string, ModelRepositoryParameter__Output>>): LoadParameters {
  const entries = Object.entries(parameters).map(([name, { bool_param, int64_param, string_param, bytes_param }]) => {
    const number = int64_param === undefined ? undefined : Number(int64_param);
    const value = bool_param ?? number ?? string_param ?? bytes_param;
    if (value === undefined) throw invalidArgument(`parameter '${name.slice(0, 64)}' is empty: give a boolean, a number, a text or bytes`);
    return [name, value] as const;
  });
  return new Map(entries);
}

function readSize(name: string, text: string): number {
  const size = Number(text);
  if (Number.isSafeInteger(size)) return size;
  throw invalidArgument(`field '${name}' is ${text}: give a number of bytes below 2^53`);
}
