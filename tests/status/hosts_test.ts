import { assert, assertEquals } from "@std/assert";
import { isAddress, isLoopback, isTrustedHost, parseHosts } from "../../lib/status/hosts.ts";

Deno.test("isAddress() takes IP addresses and localhost, and no other name", () => {
  for (const text of ["127.0.0.1", "0.0.0.0", "10.1.2.255", "::", "::1", "fe80::1", "localhost"]) {
    assert(isAddress(text), text);
  }
  for (
    const text of [
      ...["", "256.0.0.1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "01.2.3.4", "1:2", ":", "[::1]"],
      ...["example.org", "fe80::1%eth0", "127.0.0.1:80", "0x7f.1", "localhost.", "a b"],
    ]
  ) assert(!isAddress(text), text);
});

Deno.test("isLoopback() tells the addresses that only this machine can reach", () => {
  for (const text of ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "localhost"]) {
    assert(isLoopback(text), text);
  }
  for (const text of ["0.0.0.0", "::", "10.0.0.1", "1.127.0.0", "::ffff:7f00:1", "127.0.0.1.x"]) {
    assert(!isLoopback(text), text);
  }
});

Deno.test("parseHosts() reads names with commas or spaces between, and refuses what is none", () => {
  assertEquals(parseHosts(""), new Set());
  assertEquals(parseHosts(" nas.lan,,Hermes \n x_1"), new Set(["nas.lan", "hermes", "x_1"]));
  for (
    const text of ["a b/c", "nas:80", "*.lan", "a..b", "http://nas", "nä.lan", "x".repeat(254)]
  ) {
    assertEquals(parseHosts(text), undefined, text);
  }
});

Deno.test("isTrustedHost() takes addresses, localhost and what is allowed, with any port", () => {
  const allowed = new Set(["nas.lan"]);
  for (
    const host of [
      ...["127.0.0.1", "127.0.0.1:9118", "192.168.1.5:1", "[::1]", "[fe80::1]:9118"],
      ...["localhost", "LocalHost:80", "nas.lan", "NAS.lan:9118"],
    ]
  ) assert(isTrustedHost(host, allowed), host);
});

Deno.test("isTrustedHost() takes no other name, and none that only looks like one of them", () => {
  const allowed = new Set(["nas.lan"]);
  for (
    const host of [
      ...[null, "", ":80", "evil.example", "nas.lan.evil.example", "evil.nas.lan", "nas.lan."],
      ...["localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1:x", "127.0.0.1:999999", "[::1"],
      ...[
        "127.0.0.1, evil.example",
        "nas.lan evil",
        "nas.lan\n",
        "[evil]",
        "user@nas.lan",
        "2130706433",
      ],
    ]
  ) assert(!isTrustedHost(host, allowed), String(host));
});
