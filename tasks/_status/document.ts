import { eTag, ifNoneMatch } from "@std/http/etag";
import { takesGzip } from "../../lib/status/headers.ts";

/** Shorter texts are not worth compressing. */
const LEAST_GZIP_BYTES = 1024;

const encoder = new TextEncoder();

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

/** A text that is sent to many. Its tag and its compressed form are made once. */
export class Document {
  /** What it is, as `Content-Type`. */
  readonly type: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #tag: Promise<string | undefined> | undefined;
  #gzip: Promise<Uint8Array<ArrayBuffer>> | undefined;

  /**
   * Makes a document.
   *
   * @param text The text.
   * @param type What it is, as `Content-Type`.
   */
  constructor(text: string, type: string) {
    this.type = type;
    this.#bytes = encoder.encode(text);
  }

  /**
   * Answers a request with it: not at all where the caller has it, and compressed
   * where that is worth it.
   *
   * @param headers The request's headers.
   * @param status The status. Default: 200.
   * @returns The response.
   */
  async respond(headers: Headers, status = 200): Promise<Response> {
    const isLong = this.#bytes.length >= LEAST_GZIP_BYTES;
    const about: Record<string, string> = {
      "content-type": this.type,
      "cache-control": "no-cache",
      ...isLong && { vary: "accept-encoding" },
    };
    if (status === 200) {
      const tag = await (this.#tag ??= eTag(this.#bytes, { weak: true })) ?? "";
      about["etag"] = tag;
      if (!ifNoneMatch(headers.get("if-none-match"), tag)) {
        return new Response(null, { status: 304, headers: about });
      }
    }
    if (!isLong || !takesGzip(headers.get("accept-encoding"))) {
      return new Response(this.#bytes, { status, headers: about });
    }
    const bytes = await (this.#gzip ??= compress(this.#bytes));
    return new Response(bytes, { status, headers: { ...about, "content-encoding": "gzip" } });
  }
}
