import type { Container } from "../container/container.ts";

/** Puts a file system over the home that answers nobody; prints the PID of what could. */
const HANG = `exec 5<>/dev/fuse || exit
mount -i -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0,allow_other hang /opt/data || exit
sleep 100 >/dev/null 2>&1 &
echo $!`;

/** Has the home hang while a test goes on; where there is no FUSE that step is skipped. */
export async function withHangingHome(
  container: Container,
  test: Deno.TestContext,
  fn: () => Promise<void>,
): Promise<void> {
  const { code, stdout: pid } = await container.sh(HANG);
  await test.step({ name: "where there is FUSE", ignore: code !== 0, fn });
  await container.sh(`kill ${pid}; umount -i -l /opt/data`);
}
