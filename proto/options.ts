/** proto-loader flags: read by the type generator and by every loader, so that types do not lie. */
export const PROTO_OPTIONS = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  arrays: true,
} as const;
