/** What `slipway help` says, and what each command's --help says at length. */

const OVERVIEW = `Usage: slipway COMMAND, and "slipway COMMAND --help" for all of its flags

  serve MODEL.onnx|FOLDER               serves a model, or a folder of them, on this machine, as in a pod
  infer MODEL [--input NAME=VALUE]…     asks a served model once; without --input: what it takes, and an example
  bench MODEL [--concurrency 1,2,4]     asks it over and over, and tells how fast it answers
  plan --operator-upgrade               lists what the operator of this version would render otherwise than what runs
  update NAME                           accepts the update that the operator offers for a ModelDeployment
  push MODEL.onnx oci://REGISTRY/NAME   makes an artifact of a file, for spec.model.uri of a ModelDeployment
  resolve --uri URI                     prints the digest that a uri has now
  fetch --uri URI --digest SHA256 --dest FOLDER/NAME/VERSION
                                        downloads a model and verifies it
  version, help [COMMAND]

All of them are commands of kubectl, too: kubectl slipway COMMAND`;

const SOURCE_FLAGS = `  --credentials DIR            folder with .dockerconfigjson, or username and password, or token
  --ca-bundle FILE             PEM file of a private certificate authority
  --plain-http HOST[:PORT],…   hosts that are spoken to without TLS
Proxies come from HTTPS_PROXY, HTTP_PROXY and NO_PROXY; another hub for hf:// from HF_ENDPOINT,
keys and endpoint of s3:// from the folder of --credentials or AWS_*.`;

/** By command: its whole usage, loaded when it is asked for. */
const DETAILS: Readonly<Record<string, () => Promise<string>>> = {
  serve: async () => (await import('../runtime/serve-flags.js')).SERVE_USAGE,
  infer: async () => `Usage: ${(await import('./infer/infer-flags.js')).INFER_USAGE}`,
  bench: async () => `Usage: ${(await import('./bench/bench-flags.js')).BENCH_USAGE}`,
  plan: async () => `Usage: ${(await import('./upgrade/plan-command.js')).PLAN_USAGE}`,
  update: async () => `Usage: ${(await import('./upgrade/update-command.js')).UPDATE_USAGE}`,
  push: async () => `Usage: ${(await import('./push-command.js')).PUSH_USAGE}`,
  resolve: async () => `Usage: slipway resolve --uri URI [flags]
  prints the digest that a uri has now: oci://registry/models/reader:4, hf://owner/model/path@revision,
  s3://bucket/key, https://… or http://…
  --digest SHA256              the digest that it must have
  --allow-unpinned             take what http and https answer, without a digest
${SOURCE_FLAGS}`,
  fetch: async () => `Usage: slipway fetch --uri URI --digest SHA256 --dest FOLDER/NAME/VERSION [flags]
  downloads a model, verifies it, and lays it where "slipway serve FOLDER" finds it
  --source-revision REVISION   of hf://, the commit, of s3://, the version that the digest was resolved from
${SOURCE_FLAGS}`,
};

/** Of the command, or of all when there is none of that name. */
export async function readHelp(command: string | undefined): Promise<string> {
  const details = command !== undefined && Object.hasOwn(DETAILS, command) ? DETAILS[command] : undefined;
  return (await details?.()) ?? OVERVIEW;
}

/** The command that a word which is none looks like: `serv` → `serve`. Undefined when it looks like none. */
export function findSimilar(word: string): string | undefined {
  return [...Object.keys(DETAILS), 'version', 'help'].find((name) => countEdits(word, name) <= 2 && word.length > 2);
}

/** Letters to put in, take out or exchange (Levenshtein): serv, serve → 1. */
function countEdits(from: string, to: string): number {
  if (from.length > to.length + 2) return 3; // more than anybody asks for
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const exchanged = (row[column - 1] ?? 0) + Number(to[column - 1] !== letter);
      next.push(Math.min(exchanged, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
