/** Takes bytes of a stream in the pieces that a format has, however the stream cuts them. */
export class ChunkReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes, or fewer at the end. For what is small. */
  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of this.pieces(bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** So many bytes piece by piece, or fewer at the end of the stream. */
  async *pieces(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.rest.length === 0 && !(await this.fill())) return;
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  private async fill(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    if (done === true) return false;
    this.rest = value;
    return true;
  }
}
