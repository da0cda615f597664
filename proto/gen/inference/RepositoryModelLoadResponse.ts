// Original file: proto/inference.proto


export interface RepositoryModelLoadResponse {
  'model_name'?: (string);
  'isLoaded'?: (boolean);
}

export interface RepositoryModelLoadResponse__Output {
  'model_name': (string);
  'isLoaded': (boolean);
}
