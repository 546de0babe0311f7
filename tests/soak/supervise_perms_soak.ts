import { IS_ROOT } from "../_fixtures.ts";
import { Installation } from "../hostile/_install.ts";
import { race } from "../hostile/_race.ts";

Deno.test({
  name: "015 survives a minute of hermes swapping entries (only root can be attacked)",
  ignore: !IS_ROOT,
  async fn() {
    using installation = new Installation();
    console.log(`tried ${await race(installation, 60_000)}`);
  },
});
