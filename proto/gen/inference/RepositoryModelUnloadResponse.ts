// Original file: proto/inference.proto


export interface RepositoryModelUnloadResponse {
  'model_name'?: (string);
  'isUnloaded'?: (boolean);
}

export interface RepositoryModelUnloadResponse__Output {
  'model_name': (string);
  'isUnloaded': (boolean);
}
