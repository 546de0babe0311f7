import { assert, assertEquals } from "@std/assert";
import { SECURITY_HEADERS, takesGzip, wantsOpenMetrics } from "../../lib/status/headers.ts";

Deno.test("the Content-Security-Policy lets nothing run or load but what is here", () => {
  const policy = SECURITY_HEADERS["content-security-policy"] ?? "";
  const directives = new Map(
    policy.split("; ").map((one) => {
      const [name = "", ...values] = one.split(" ");
      return [name, values.join(" ")];
    }),
  );
  assertEquals(directives.get("default-src"), "'none'");
  assertEquals(directives.get("script-src"), "'self'");
  assertEquals(directives.get("frame-ancestors"), "'none'");
  assertEquals(directives.get("base-uri"), "'none'");
  assert(!/unsafe|\*|https?:/.test(policy), policy);
});

Deno.test("wantsOpenMetrics() goes by what a scraper asks for", () => {
  const prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6," +
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2";
  for (
    const accept of [
      prometheus,
      "application/openmetrics-text",
      "text/plain, Application/OpenMetrics-Text",
    ]
  ) {
    assert(wantsOpenMetrics(accept), accept);
  }
  for (
    const accept of [
      ...[null, "", "*/*", "text/plain;version=0.0.4", "text/html,application/xhtml+xml"],
      ...["application/openmetrics-text;q=0", "application/openmetrics-textual"],
    ]
  ) assert(!wantsOpenMetrics(accept), String(accept));
});

Deno.test("takesGzip() goes by what a caller takes", () => {
  for (const accept of ["gzip", "br, GZIP", "gzip;q=0.1", "deflate,gzip ;q=1.0"]) {
    assert(takesGzip(accept), accept);
  }
  for (const accept of [null, "", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip", "identity"]) {
    assert(!takesGzip(accept), String(accept));
  }
});
