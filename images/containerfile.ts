/** Stages of a Containerfile. Pure. */

export interface ContainerStage {
  readonly from: string;
  /** Its lines, with those that go on put together. */
  readonly body: string;
}

/** Stage → what it begins with and what it sets. */
export function readStages(text: string): Map<string, ContainerStage> {
  const stages = text.split(/^(?=FROM )/m).slice(1);
  return new Map(
    stages.map((stage) => {
      const { from = '', name = '' } = /^FROM (?<from>\S+) AS (?<name>\S+)/.exec(stage)?.groups ?? {};
      return [name, { from, body: stage.replaceAll(/\\\n\s*/g, '') }];
    }),
  );
}
