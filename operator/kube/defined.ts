/** Optional fields are absent or have a value: nothing is sent or kept as undefined. */
/** The same record without the fields that are undefined. */
export type Defined<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const kept: Defined<Fields> = {};
  for (const key in fields) {
    const value = fields[key];
    if (isDefined(value)) kept[key] = value;
  }
  return kept;
}

function isDefined<Value>(value: Value): value is Exclude<Value, undefined> {
  return value !== undefined;
}
