const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** What every answer says to a browser: run nothing but what is here, and let nobody else use it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Tells whether a header such as `Accept` names something and does not rule it out (`q=0`). */
function accepts(header: string | null, name: string): boolean {
  return (header ?? "").split(",").some((range) => {
    const [word = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return word === name && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/**
 * Tells whether a scraper asks for OpenMetrics rather than for Prometheus's own
 * text format. Pure.
 *
 * @param accept The header `Accept`; `null`: there is none.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { wantsOpenMetrics } from "./headers.ts";
 * wantsOpenMetrics("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"); // true
 * ```
 */
export function wantsOpenMetrics(accept: string | null): boolean {
  return accepts(accept, "application/openmetrics-text");
}

/**
 * Tells whether a caller takes gzip. Pure.
 *
 * @param accept The header `Accept-Encoding`; `null`: there is none.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { takesGzip } from "./headers.ts";
 * takesGzip("br, gzip;q=0.5"); // true
 * ```
 */
export function takesGzip(accept: string | null): boolean {
  return accepts(accept, "gzip");
}
