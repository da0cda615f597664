/** The first question of every command: what the model takes. */
import { ClientError } from './client-error.js';
import type { InferenceClient, ModelMetadata } from './inference-client.js';

/** More names than that help nobody. */
const MOST_NAMES = 20;

/** Rejects with ClientError; when there is no such model, with the names of those that are there. */
export async function findModel(client: InferenceClient, model: string, version: string): Promise<ModelMetadata> {
  try {
    return await client.fetchMetadata(model, version);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'NOT_FOUND') throw error;
    const names = await client.listModels();
    if (names.length === 0 || names.includes(model)) throw error; // then it is the version, and the server says which are there
    const rest = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    throw new ClientError(error.code, `${error.message}. Models here: ${names.slice(0, MOST_NAMES).join(', ')}${rest}`, { cause: error });
  }
}
